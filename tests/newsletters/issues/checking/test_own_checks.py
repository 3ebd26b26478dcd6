"""Each of the newsletter's own checks: what it finds, at which level, and what it does not report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cms.plugins.issue_checks import (
    ColourPair,
    EditionToCheck,
    Finding,
    IssueToCheck,
    LeftOutStory,
    LinkState,
    OwnPart,
    PictureFile,
    Place,
    RemarkToCheck,
)
from cms.testing import example_issue
from newsletters.issues.checking.own import ISSUE_CHECKS
from tests.newsletters.issues.checking.values import (
    MAIL,
    SOUND,
    STORY,
    with_html,
    with_sender,
)

PICTURE = STORY.pictures[0]


def findings(issue: IssueToCheck) -> list[Finding]:
    return [finding for check in ISSUE_CHECKS for finding in check.run(issue)]


def with_link(url: str, text: str = "The plan of the town") -> IssueToCheck:
    return with_html(f'<a href="{url}">{text}</a>')


def with_known_link(url: str, status: Any, detail: str = "") -> IssueToCheck:
    return replace(with_link(url), links={url: LinkState(status=status, detail=detail)})


def with_file(**facts: Any) -> IssueToCheck:
    return replace(SOUND, files={PICTURE: PictureFile(**facts)})


def with_edition(**changes: Any) -> IssueToCheck:
    sound = EditionToCheck(language="en", themes="data", people=3, story_count=2, has_lead=True, html_bytes=50_000)
    return replace(SOUND, editions=(replace(sound, **changes),))


def with_pair(text: str, ground: str) -> IssueToCheck:
    return replace(SOUND, colours=(ColourPair(name="Quiet text", text=text, ground=ground),))


def left_out(why: Any) -> IssueToCheck:
    story = LeftOutStory(block_id="block-2", language="en", why=why)
    return replace(SOUND, left_out=(story,))


def test_a_sound_issue_has_nothing_to_mend() -> None:
    assert findings(SOUND) == []


FOUND = {
    "a subject is missing": (example_issue(subject=" "), "subject-missing", "error"),
    "a subject is long": (
        example_issue(subject="What moves citizens, and what all of us learn from it"),
        "subject-long",
        "warning",
    ),
    "a subject shouts": (example_issue(subject="READ THIS NOW"), "subject-capitals", "warning"),
    "a subject says nothing": (example_issue(subject="The letter"), "subject-plain", "warning"),
    "a preheader is missing": (example_issue(preheader=""), "preheader-missing", "warning"),
    "a preheader repeats": (example_issue(preheader=MAIL.subject), "preheader-repeats", "warning"),
    "filler in the intro": (with_html("<p>Lorem ipsum dolor</p>"), "placeholder", "error"),
    "a merge field in a subject": (example_issue(subject="News for {{ name }}"), "subject-placeholder", "error"),
    "a name to fill in, in Dutch": (example_issue(subject="Nieuws voor [naam]"), "subject-placeholder", "error"),
    "our own placeholder in a preheader": (example_issue(preheader="For {name}"), "preheader-placeholder", "error"),
    "our own placeholder in Dutch": (example_issue(subject="Voor {voornaam}"), "subject-placeholder", "error"),
    "our own placeholder in a text": (with_html("<p>Dear {first_name},</p>"), "placeholder", "warning"),
    "another program's field": (with_html("<p>Dear *|FNAME|*</p>"), "placeholder", "warning"),
    "what looks like our token": (with_html("<p>%\u2060%salutation%%</p>"), "placeholder", "warning"),
    "a note to oneself": (with_html("<p>TODO: ask Ann</p>"), "placeholder", "warning"),
    "crosses to fill in": (with_html("<p>Call xxx</p>"), "placeholder", "warning"),
    "a story that is a placeholder": (
        example_issue(stories=(replace(STORY, teaser="Lorem ipsum dolor"),)),
        "placeholder",
        "error",
    ),
    "no alt at all": (with_html('<img src="https://hub.test/x.png">'), "alt-missing", "error"),
    "an empty alt at a story's picture": (with_html(alt=""), "alt-empty", "warning"),
    "a file's name for an alt": (with_html(alt="town-hall.JPG"), "alt-file-name", "error"),
    "a file's name for one of two uses of a picture": (
        with_html(
            '<img src="https://hub.test/x.png" alt="IMG_1234.jpg"><img src="https://hub.test/x.png" alt="A map">'
        ),
        "alt-file-name",
        "error",
    ),
    "a camera's name for an alt": (with_html(alt="IMG 2034"), "alt-file-name", "error"),
    "a file that is missing": (with_file(bytes=None), "picture-missing", "error"),
    "a heavy file": (with_file(bytes=300_001), "picture-heavy", "warning"),
    "a very heavy file": (with_file(bytes=1_000_001), "picture-heavy", "error"),
    "a wide picture": (with_file(bytes=90_000, width=2400), "picture-wide", "warning"),
    "a link without words": (with_link("https://a.org/", ""), "link-empty", "error"),
    "a vague link": (with_link("https://a.org/", "Read more »"), "link-vague", "warning"),
    "a vague link in Dutch": (with_link("https://a.org/", "klik  hier"), "link-vague", "warning"),
    "a bare address": (with_link("https://a.org/", "https://a.org/x?y=z"), "link-bare", "warning"),
    "the same words for two places": (
        with_html('<a href="https://a.org/1">The report</a><a href="https://a.org/2">the report.</a>'),
        "link-ambiguous",
        "warning",
    ),
    "a relative link": (with_link("/en/themes/"), "link-relative", "error"),
    "a link within the mail": (with_link("#top"), "link-relative", "error"),
    "a link that no mail opens": (with_link("ftp://a.org/"), "link-scheme", "error"),
    "a link without a host": (with_link("https:///x"), "link-broken", "error"),
    "a link that is none": (with_link("https://[a"), "link-broken", "error"),
    "a link without https": (with_link("http://a.org/"), "link-http", "warning"),
    "our own links without https": (with_link("http://hub.test/en/"), "link-http-own", "warning"),
    "a link to this machine": (with_link("https://localhost:8000/x"), "link-staff", "error"),
    "a link to a private address": (with_link("https://192.168.1.4/"), "link-staff", "error"),
    "a link to an inner name": (with_link("https://wiki.internal/"), "link-staff", "error"),
    "somebody's draft": (with_link("https://a.org/?p=3&amp;preview=true"), "link-staff", "error"),
    "our admin": (with_known_link("https://hub.test/admin/pages/3/", "staff"), "link-staff", "error"),
    "a page that is not public": (with_known_link("https://hub.test/en/x/", "private"), "link-private", "error"),
    "a dead link": (with_known_link("https://a.org/x", "dead", "404"), "link-dead", "error"),
    "a doubtful link": (with_known_link("https://a.org/x", "doubtful", "503"), "link-doubtful", "warning"),
    "a mail that is cut off": (with_edition(html_bytes=102_401), "html-too-large", "error"),
    "a mail that nearly is": (with_edition(html_bytes=90_001), "html-large", "warning"),
    "another language in lang": (example_issue(html=MAIL.html.replace('"en"', '"und"')), "lang-wrong", "error"),
    "no direction": (example_issue(html=MAIL.html.replace(' dir="ltr"', "")), "dir-wrong", "error"),
    "two first headings": (with_html("<h1>Again</h1>"), "headings", "warning"),
    "a jump in headings": (with_html("<h2>Up</h2><h4>Deep</h4>"), "headings", "warning"),
    "an empty heading": (with_html("<h2> </h2>"), "headings", "warning"),
    "no way out": (example_issue(text="No link."), "unsubscribe-missing", "error"),
    "what the compiler says": (example_issue(compiler_remarks=("mj-txet is unknown",)), "mjml", "warning"),
    "readers who get nothing": (with_edition(story_count=0, has_lead=False), "edition-empty", "warning"),
    "readers who get the lead alone": (with_edition(story_count=0), "edition-lead-only", "warning"),
    "text that is hard to read": (with_pair("#8a8a8a", "#ffffff"), "contrast", "warning"),
    "text that is hardly there": (with_pair("#cccccc", "#ffffff"), "contrast", "error"),
    "a deleted page": (left_out("deleted"), "source-deleted", "error"),
    "an unpublished page": (left_out("unpublished"), "source-unpublished", "error"),
    "an expired page": (left_out("expired"), "source-expired", "error"),
    "a restricted page": (left_out("restricted"), "source-restricted", "error"),
    "a page without translation": (left_out("untranslated"), "source-untranslated", "warning"),
    "a story without words": (left_out("wordless"), "source-wordless", "warning"),
    "what was noticed while compiling": (
        replace(SOUND, remarks=(RemarkToCheck(block_id="block-1", message="Told without it.", language="en"),)),
        "remark",
        "warning",
    ),
    "no sender": (with_sender(name=" "), "sender-name", "error"),
    "no sender's address": (with_sender(email="letter"), "sender-email", "error"),
    "no address for replies": (with_sender(reply_to=""), "reply-to", "error"),
    "no postal address": (with_sender(postal_address="\n"), "postal-address", "error"),
}


@pytest.mark.parametrize("what", FOUND)
def test_finds(what: str) -> None:
    issue, code, level = FOUND[what]
    found = findings(issue)
    assert [(one.code, one.level) for one in found] == [(code, level)]
    assert found[0].message
    assert found[0].mend


SOUND_TOO = {
    "a sender's mail address": with_link("mailto:answers@hub.test"),
    "a picture that only decorates": with_html('<img src="https://hub.test/sun.png" alt="">'),
    "an alternative with a number": with_html(alt="Image 3 of the series shows a market"),
    "a link of which nothing is known yet": with_known_link("https://a.org/", "unknown"),
    "a subject with an abbreviation": example_issue(subject="SDGs"),
    "words with todo in them": with_html("<p>Todos juntos, a xx-large success</p>"),
    "the same link twice": with_html('<a href="https://a.org/">The report</a><a href="https://a.org/">The report</a>'),
    "a picture as a link": with_html('<a href="https://a.org/"><img src="https://a.org/i.png" alt="A map"></a>'),
    "an edition that nobody gets": with_edition(story_count=0, people=0),
    "a mail just within bounds": with_edition(html_bytes=90_000),
    "a good contrast": with_pair("#5c5b66", "#f4f2ec"),
}


@pytest.mark.parametrize("what", SOUND_TOO)
def test_leaves_alone(what: str) -> None:
    assert findings(SOUND_TOO[what]) == []


def test_our_own_links_without_https_are_fine_where_we_are_served_so() -> None:
    assert findings(replace(with_link("http://hub.test/en/"), is_served_by_https=False)) == []


def test_a_finding_says_which_block_it_is_about() -> None:
    dead = replace(SOUND, links={STORY.url: LinkState(status="dead")})
    for issue in (with_html(alt=""), with_file(bytes=None), dead):
        (found,) = findings(issue)
        assert (found.place, found.language) == (Place(block_id="block-1"), "en")


def test_a_finding_in_what_the_editor_wrote_says_where() -> None:
    places = {"intro": Place(part="intro"), "quote": Place(block_id="block-9")}
    parts = (
        OwnPart(place=places["intro"], words="Lorem ipsum The plan", urls=("https://a.org/",)),
        OwnPart(place=places["quote"], words="TODO The same plan", urls=("https://a.org/",), pictures=("/x.png",)),
    )
    found = findings(replace(SOUND, mails=(replace(MAIL, own_parts=parts),)))
    assert [(one.code, one.place) for one in found] == [
        ("placeholder", places["intro"]),
        ("placeholder", places["quote"]),
    ]
    html = '<a href="https://a.org/">The same plan</a><img src="/x.png">'
    dead = replace(
        example_issue(html=with_html(html).mails[0].html, own_parts=parts[1:]),
        links={"https://a.org/": LinkState(status="dead")},
    )
    for one in findings(dead):
        assert one.place == places["quote"]


def test_of_two_parts_with_one_link_the_words_tell_which() -> None:
    first, second = (
        OwnPart(place=Place(block_id=key), words=words, urls=(STORY.url,))
        for key, words in (("a", "The plan"), ("b", "The budget"))
    )
    mail = replace(MAIL, own_parts=(first, second), html=f'<a href="{STORY.url}">The budget</a>')
    assert [link.place for link in mail.links] == [second.place]


def test_few_themes_are_named_and_many_are_counted() -> None:
    parts = tuple(
        EditionToCheck(language="en", themes=f"theme {number}", people=2, story_count=0, has_lead=True, html_bytes=1)
        for number in range(6)
    )
    (found,) = findings(replace(SOUND, editions=parts))
    assert found.message.startswith("12 readers get the lead story and nothing else")
    assert "“theme 3” or 2 other sets of themes" in found.message
