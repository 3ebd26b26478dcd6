"""The checks on a real issue: what they get, what happens if one fails, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from wagtail.models import Page, PageViewRestriction

from cms.models import GonePath
from cms.plugins.issue_checks import Finding, IssueCheck, IssueToCheck, Place
from newsletters.conf import conf
from newsletters.exceptions import ChecksFailed
from newsletters.issues.checking import check_issue, require_sound, run_checks
from newsletters.issues.checking.places import place_name
from newsletters.issues.page_sources import read_sources
from newsletters.models import Approval, Dispatch, Newsletter, ThemeSet
from newsletters.values.page_words import page_key
from team.models import PersonPage, TeamPage
from tests.conftest import add_page
from tests.newsletters.building import Hub
from themes.models import ArticlePage

WORDS = {
    "en": {"subject": "What moves citizens", "preheader": "Stories from villages."},
    "nl": {"subject": "Wat burgers beweegt", "preheader": "Verhalen uit dorpen."},
}


@pytest.fixture
def sound(hub: Hub) -> Hub:
    """A hub whose issue has no findings."""
    hub.edit(words=WORDS)
    return hub


def found(hub: Hub, *, checks: Iterable[IssueCheck] | None = None) -> list[Finding]:
    return run_checks(hub.draft(), compiled=hub.compile(), now=hub.now, checks=checks)


def codes(hub: Hub) -> list[tuple[str, str, str]]:
    return [(one.code, place_name(one, issue=hub.draft()), one.language) for one in found(hub)]


def test_a_composed_issue_with_a_subject_of_its_own_has_nothing_to_mend(sound: Hub) -> None:
    sound.subscribe("ann")
    assert found(sound) == []


def test_each_finding_about_a_story_leads_to_its_block(sound: Hub, make_picture: Callable[..., Any]) -> None:
    sound.edit(stories=[sound.story("open-data"), sound.story("town-meeting", image=make_picture("Hall"))])
    block = sound.draft().body[1]
    (one,) = found(sound)
    assert (one.code, one.place) == ("alt-empty", Place(block_id=block.id))
    assert codes(sound) == [("alt-empty", "A town meeting", "")]


def own(kind: str, *, target: dict[str, Any] | None = None, **words: str) -> tuple[str, Any]:
    return kind, {"texts": [{"language": code, **words} for code in ("en", "nl")], **(target or {})}


def test_each_finding_in_what_the_editor_wrote_leads_there_and_tells_its_kind(sound: Hub) -> None:
    gone = add_page(sound.sections["data"], ArticlePage(title="Gone", slug="gone"), live=False)
    sound.edit(
        words={"en": {"intro": "<p>Lorem ipsum</p>", "greeting": "Dear [name],"}},
        stories=[
            sound.story("open-data"),
            own("quote", quote="Change needs a place to practise, TODO ask Ann for the rest", attribution=""),
            own("text", text='<p>All <a href="https://a.org/">here</a></p>'),
            own("button", label="Join us", target={"page": gone, "url": ""}),
        ],
    )
    assert codes(sound) == [
        ("placeholder", "Intro", "en"),
        ("placeholder", "Greeting", "en"),
        ("placeholder", "Quote: “Change needs a place to practise, TODO ask Ann …”", ""),
        ("link-vague", "Text: “All here”", ""),
        ("remark", "Button: “Join us”", "en"),
        ("remark", "Button: “Join us”", "nl"),
    ]


def test_what_stops_an_issue_from_becoming_a_mail_is_led_to_as_well(sound: Hub) -> None:
    def stops() -> tuple[str, str]:
        (one,) = check_issue(sound.draft(), newsletter=sound.newsletter, now=sound.now).findings
        return place_name(one, issue=sound.draft()), one.language

    deep = "<b>" * 30 + "deep" + "</b>" * 30
    sound.edit(stories=[sound.story("open-data"), own("text", text=f"<p>{deep}</p>")])
    assert stops() == ("Text: “deep”", "en")
    sound.edit(words={"nl": {"intro": f"<p>{deep}</p>"}}, stories=[sound.story("open-data")])
    assert stops() == ("Intro", "nl")
    sound.edit(words={"nl": {"subject": " ", "intro": ""}})
    assert stops() == ("Subject", "nl")


def test_what_holds_in_every_language_is_said_once(hub: Hub) -> None:
    assert [(one.code, one.language) for one in found(hub)] == [("subject-plain", ""), ("preheader-missing", "")]
    hub.edit(words={"en": WORDS["en"]})
    assert [(one.code, one.language) for one in found(hub)] == [("subject-plain", "nl"), ("preheader-missing", "nl")]


def test_errors_come_first_then_the_order_of_the_issue(sound: Hub) -> None:
    sound.edit(stories=[sound.story("open-data", link_text="here"), sound.story("town-meeting", teaser="lorem ipsum")])
    assert [(one.level, one.code) for one in found(sound)] == [("error", "placeholder"), ("warning", "link-vague")]


def test_findings_speak_the_language_of_who_reads_them(hub: Hub) -> None:
    with translation.override("nl"):
        assert found(hub)[0].message == "Het onderwerp is alleen de naam van de nieuwsbrief."


def hide(page: Any, how: str, *, now: Any) -> None:
    pages = Page.objects.filter(pk=page.pk)
    if how == "unpublished":
        pages.update(live=False)
    elif how == "expired":
        pages.update(expire_at=now - timedelta(minutes=1))
    elif how == "restricted":
        PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    else:
        page.delete()


@pytest.mark.parametrize("how", ["unpublished", "expired", "restricted"])
def test_a_source_that_readers_cannot_see_is_found_in_its_language(sound: Hub, how: str) -> None:
    hide(sound.articles["open-data"]["nl"], how, now=sound.now)
    assert codes(sound) == [(f"source-{how}", "Open data voor iedereen", "nl")]


def test_a_source_without_translation_and_a_deleted_one_are_found(sound: Hub) -> None:
    sound.articles["open-data"]["nl"].delete()
    assert codes(sound) == [("source-untranslated", "Open data voor iedereen", "nl")]
    sound.articles["open-data"]["en"].delete()
    (one,) = found(sound)
    block = next(block for block in sound.draft().body if block.value["page"] is None)
    assert (one.code, one.level, one.place, one.language) == ("source-deleted", "error", Place(block_id=block.id), "")


def intro(sound: Hub, *urls: str) -> None:
    links = "".join(f'<a href="{url}">Place {number}</a> ' for number, url in enumerate(urls))
    sound.edit(words={"en": {"intro": f"<p>{links}</p>"}})


def test_links_to_our_own_pages_are_looked_up(sound: Hub) -> None:
    host = "http://hub.test"
    draft = add_page(sound.sections["data"], ArticlePage(title="Draft", slug="draft"), live=False)
    GonePath.record(site=sound.site, path="/en/themes/data/gone/", now=timezone.now())
    intro(
        sound,
        f"{host}/en/themes/data/",
        f"{host}/en/themes/data/draft/",
        f"{host}/en/themes/data/gone/",
        f"{host}/en/nowhere/",
        f"{host}/admin/pages/{draft.pk}/edit/",
        f"{host}/api/v1/preview/abc",
        f"{host}/n/s/letter/en",
    )
    assert {(one.code, one.message.partition(" leads")[0].partition(" may")[0]) for one in found(sound)} == {
        ("link-private", f"The link to {host}/en/themes/data/draft/"),
        ("link-dead", f"The link to {host}/en/themes/data/gone/ is dead: the page was deleted."),
        ("link-doubtful", f"The link to {host}/en/nowhere/"),
        ("link-staff", f"The link to {host}/admin/pages/{draft.pk}/edit/"),
        ("link-staff", f"The link to {host}/api/v1/preview/abc"),
    }


def test_readers_for_whom_no_story_fits_are_counted(sound: Hub) -> None:
    sound.subscribe("ann", "bob", themes=["climate"])
    sound.subscribe("cem", themes=["data"])
    (one,) = found(sound)
    assert (one.code, one.language) == ("edition-empty", "en")
    assert one.message.startswith("2 readers get no mail: there is no story for those who follow “Climate”")


def test_the_themes_of_dutch_readers_are_named_in_the_editors_language(sound: Hub) -> None:
    sound.subscribe("ann", language="nl", themes=["climate"])
    name = sound.themes["climate"].name_in
    assert name("en") != name("nl")
    for language in ("en", "nl"):
        with translation.override(language):
            (one,) = found(sound)
        assert f"“{name(language)}”" in one.message


def test_a_missing_file_and_the_size_of_a_picture_are_seen(sound: Hub, make_picture: Callable[..., Any]) -> None:
    image = make_picture("Hall", description="The town hall")
    sound.edit(stories=[sound.story("open-data", image=image)])
    sound.compile()
    cache.clear()
    for rendition in image.renditions.all():
        rendition.file.storage.delete(rendition.file.name)
    assert {"picture-missing"} <= {one.code for one in found(sound)}
    image.renditions.all().delete()
    image.file.storage.delete(image.file.name)
    (one,) = found(sound)
    assert (one.code, one.level, one.message) == (
        "remark",
        "warning",
        "Its picture's file is missing, so the story is shown without it.",
    )
    assert one.place == Place(block_id=sound.draft().body[0].id)
    assert one.mend.startswith("Choose the picture again")


def add_person(hub: Hub) -> PersonPage:
    team = add_page(hub.page.get_parent(), TeamPage(title="Team", slug="team"))
    return add_page(team, PersonPage(title="Nadi", slug="nadi", function="Facilitator"))


def test_a_team_member_without_a_portrait_is_named_with_what_to_do(
    sound: Hub, make_picture: Callable[..., Any]
) -> None:
    page = add_person(sound)

    def said() -> list[tuple[str, str]]:
        sound.edit(stories=[sound.story("open-data"), ("person", {"page": page, "texts": []})])
        place = Place(block_id=sound.draft().body[1].id)
        here = [one for one in found(sound) if one.place == place and one.language == "en"]
        assert all(one.level == "warning" for one in here)
        return [(one.message, one.mend) for one in here]

    assert said() == [("There is no portrait.", "Choose a picture on the person’s page, or leave it.")]
    portrait = page.image = make_picture("Nadi", description="Nadi at her desk")
    page.save()
    assert said() == []
    portrait.renditions.all().delete()
    portrait.file.storage.delete(portrait.file.name)
    assert said() == [
        (
            "Its picture's file is missing, so the story is shown without it.",
            "Choose the picture again, or another one.",
        )
    ]


@pytest.mark.parametrize("how", ["deleted", "unpublished", "expired", "restricted"])
def test_an_issue_with_a_team_member_whom_no_reader_can_see_is_not_sent(sound: Hub, how: str) -> None:
    page = add_person(sound)
    words = [{"language": "en", "words": "Ask her anything."}]
    sound.edit(stories=[sound.story("open-data"), ("person", {"page": page, "texts": words})])
    hide(page, how, now=sound.now)
    place = Place(block_id=sound.draft().body[1].id)
    (finding,) = [finding for finding in found(sound) if finding.place == place and finding.language in {"", "en"}]
    assert (finding.code, finding.level) == (f"source-{how}", "error")
    assert place_name(finding, issue=sound.draft()) == "Team member: “Nadi”"
    assert "Ask her anything." not in sound.compile().editions[sound.locales["en"]].html
    refuses(sound.approve, "Its page")


def take_over(hub: Hub, page: PersonPage) -> None:
    issue = hub.draft()
    issue.remember(read_sources([page_key(page)], site=hub.site, now=hub.now))
    issue.save_revision()


def test_a_team_member_of_whom_an_issue_remembers_no_words_is_left_out_until_it_takes_them_over(sound: Hub) -> None:
    page = add_person(sound)
    sound.edit(stories=[sound.story("open-data"), ("person", {"page": page, "texts": []})])
    take_over(sound, page)

    def sources() -> list[tuple[str, str, str]]:
        return [(each.code, each.level, each.language) for each in found(sound) if each.code.startswith("source")]

    assert sources() == [("source-untranslated", "warning", "nl")]
    page.copy_for_translation(sound.locales["nl"], copy_parents=True).get_latest_revision().publish()
    assert sources() == [("source-wordless", "warning", "nl")]
    assert "Left out in Nederlands: it has no text." in map(str, (each.message for each in sound.compile().notices))
    take_over(sound, page)
    assert sources() == []


def test_a_block_is_named_by_its_words_as_they_are_read(sound: Hub) -> None:
    text = "<p>Read <b>this</b>, now.</p><p>Or<br/>never.</p>"
    sound.edit(stories=[("text", {"texts": [{"language": "en", "text": text}]})])
    finding = Finding(code="x", level="warning", message="", mend="", place=Place(block_id=sound.draft().body[0].id))
    assert place_name(finding, issue=sound.draft()) == "Text: “Read this, now. Or never.”"


def test_before_an_issue_goes_out_its_pictures_are_looked_at_anew(sound: Hub, make_picture: Callable[..., Any]) -> None:
    image = make_picture("Hall", description="The town hall")
    sound.edit(stories=[sound.story("open-data", image=image)])
    assert found(sound) == []
    for rendition in image.renditions.all():
        rendition.file.storage.delete(rendition.file.name)
    assert found(sound) == []  # while it is written, what was seen some minutes ago will do
    with pytest.raises(ChecksFailed, match="A picture’s file is missing"):
        require_sound(sound.draft(), compiled=sound.compile(), now=sound.now)
    assert [one.code for one in found(sound)] == ["picture-missing"]  # and then the panel says so too


def test_the_size_of_a_picture_is_not_asked_from_storage_at_each_save(
    sound: Hub, make_picture: Callable[..., Any], monkeypatch: Any
) -> None:
    from django.core.files.storage import FileSystemStorage

    asked: list[str] = []

    def ask(_storage: FileSystemStorage, name: str) -> int:
        asked.append(name)
        return 400_000

    monkeypatch.setattr(FileSystemStorage, "size", ask)
    sound.edit(stories=[sound.story("open-data", image=make_picture("Map", description="A map"))])
    cache.clear()
    compiled = sound.compile()
    asked.clear()

    def heavy() -> list[str]:
        return [one.code for one in run_checks(sound.draft(), compiled=compiled, now=sound.now)]

    assert heavy() == heavy() == ["picture-heavy"]
    assert len(asked) == len(set(asked)) == 1
    cache.clear()
    monkeypatch.setattr(FileSystemStorage, "size", lambda self, name: 1 / 0)
    assert heavy() == heavy() == ["picture-missing"]
    monkeypatch.setattr(FileSystemStorage, "size", lambda self, name: 40_000)
    assert heavy() == []  # that it was missing is not kept


def test_only_editions_that_somebody_gets_can_be_too_large(sound: Hub, settings: Any) -> None:
    from newsletters.issues.checking import markup, reading

    full = len(next(iter(sound.compile().editions.values())).html.encode())
    sound.subscribe("ann", themes=["climate", "data"])
    for limit, expected in ((full + 5000, []), (full - 5000, ["html-large"])):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(markup, "MANY_BYTES", limit)
            patch.setattr(reading, "MANY_BYTES", limit)
            assert [one.code for one in found(sound)] == expected


def failing(issue: IssueToCheck) -> Iterable[Finding]:
    yield Finding(code="x", level="warning", message="x", mend="x")
    raise ZeroDivisionError("secret detail")


def test_a_check_that_fails_is_an_error_in_words_and_the_others_go_on(sound: Hub, caplog: Any) -> None:
    fine = IssueCheck(
        name="fine",
        label="fine",
        run=lambda issue: [Finding(code="y", level="warning", message="why", mend="so")],
    )
    one, other = found(sound, checks=[IssueCheck(name="odd", label="oddities", run=failing), fine])
    assert (one.code, one.level, one.message) == ("failed:odd", "error", "A check could not run: oddities.")
    assert "secret detail" not in one.message + one.mend
    assert "ZeroDivisionError" in caplog.text
    assert other.code == "y"


def test_an_issue_that_cannot_be_read_is_an_error_too(sound: Hub, monkeypatch: Any) -> None:
    from newsletters.issues.checking import run

    monkeypatch.setattr(run, "read_issue", failing)
    assert [(one.code, one.level) for one in found(sound)] == [("failed:reading", "error")]


def test_an_issue_that_cannot_be_compiled_is_an_error(hub: Hub) -> None:
    issue = hub.edit(stories=[], words={"en": {"intro": ""}, "nl": {"intro": ""}})
    checked = check_issue(issue, newsletter=hub.newsletter, now=hub.now)
    assert checked.compiled is None
    assert [one.code for one in checked.errors] == ["compile"]


def test_checks_cost_the_same_for_few_and_for_many_stories_and_editions(
    sound: Hub, make_picture: Callable[..., Any]
) -> None:
    picture = make_picture("Hall", description="The hall")
    stories = [sound.story("open-data", link_text="The data", image=picture)]
    intro(sound, "http://hub.test/en/themes/data/")

    def cost() -> int:
        issue, compiled = sound.draft(), sound.compile()
        run_checks(issue, compiled=compiled, now=sound.now)
        issue = sound.draft()
        with CaptureQueriesContext(connection) as queries:
            run_checks(issue, compiled=compiled, now=sound.now)
        return len(queries)

    sound.subscribe("ann")
    sound.edit(stories=stories)
    few = cost()
    for slugs in (["data"], ["power"], ["climate"], ["data", "power"], ["data", "climate"]):
        for language in ("en", "nl"):
            sound.subscribe(f"{'-'.join(slugs)}-{language}", themes=slugs, language=language)
    intro(sound, *(f"http://hub.test/en/themes/data/{n}/" for n in range(10)))
    sound.edit(stories=[*stories, sound.story("town-meeting", image=picture), sound.story("open-day")])
    assert ThemeSet.objects.count() > 3
    assert conf.PUBLIC_URL == "http://hub.test"
    assert cost() == few


def refuses(act: Callable[[], object], words: str) -> None:
    with pytest.raises(ChecksFailed) as refusal:
        act()
    assert words in str(refusal.value)


def test_an_error_stops_approving_and_says_which_story(sound: Hub) -> None:
    sound.edit(stories=[sound.story("open-data", teaser="Lorem ipsum")])
    Approval.objects.all().delete()
    refuses(sound.approve, "Open data for all: “Lorem ipsum” looks like a placeholder that was not replaced.")
    assert not Approval.objects.exists()


def test_an_error_that_came_after_the_approval_stops_sending(sound: Hub) -> None:
    sound.subscribe("ann")
    sound.approve()
    Newsletter.objects.update(reply_to="")
    refuses(sound.start, "The address for replies is missing")
    assert not Dispatch.objects.exists()
    Newsletter.objects.update(reply_to="answers@hub.test")
    sound.start()


def test_a_check_that_fails_stops_sending(sound: Hub, monkeypatch: Any) -> None:
    from newsletters.issues.checking import run

    sound.subscribe("ann")
    sound.approve()
    odd = IssueCheck(name="odd", label="oddities", run=failing)
    monkeypatch.setattr(run, "issue_checks", lambda: (odd,))
    refuses(sound.start, "A check could not run: oddities.")


def test_a_warning_stops_nothing(sound: Hub) -> None:
    sound.subscribe("ann")
    sound.edit(stories=[sound.story("open-data", link_text="here")])
    sound.approve()
    sound.start()


def test_a_plugins_check_is_given_what_its_story_card_adds(sound: Hub) -> None:
    seen: list[dict[str, Any]] = []

    def look(issue: IssueToCheck) -> list[Finding]:
        seen.extend(dict(story.facts) for mail in issue.mails for story in mail.stories if story.type == "activity")
        return []

    found(sound, checks=[IssueCheck(name="look", label="look", run=look)])
    assert seen
    assert all("starts_at" in facts for facts in seen)
