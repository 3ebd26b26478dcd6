"""A plugin's card or block kind that fails breaks no mail, no review page and no preview, and is never sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Literal

import pytest
from django.urls import reverse
from django.utils import timezone
from pydantic import Field
from wagtail import blocks

from cms.api.values import BodyBlock
from cms.models import PluginFault
from cms.plugins import IssueBlockKind, LeftOut, StorySection, ToldBlock, fences, registry
from cms.plugins.issue_checks import Finding, IssueCheck
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.exceptions import ChecksFailed, IssueProblem
from tests.newsletters.building import Hub

MEETING = "Open day"
LATER = datetime(2027, 5, 4, tzinfo=UTC)


def fail(*args: Any, **kwargs: Any) -> Any:
    raise ZeroDivisionError("the plugin divides by zero")


def finding(**changes: Any) -> Finding:
    small = Finding(code="small", level="warning", message="It is small.", mend="Make it larger.")
    return replace(small, **changes)


@pytest.fixture
def change_card(change_plugin: Callable[..., None]) -> Callable[..., None]:
    """Let the themes plugin show activities differently."""

    def change(**changes: Any) -> None:
        (themes,) = (plugin for plugin in registry.plugins() if plugin.name == "themes")
        cards = tuple(replace(card, **changes) if card.type == "activity" else card for card in themes.story_cards)
        change_plugin("themes", story_cards=cards)

    return change


@pytest.fixture
def write_card(change_card: Any, settings: Any, tmp_path: Any) -> Callable[..., None]:
    """Show activities with this MJML, and with this plain text if there is any."""

    def write(mjml: str, **texts: str) -> None:
        engine = settings.TEMPLATES[0]
        settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}, *settings.TEMPLATES[1:]]
        for name, template in {"mjml": mjml, **texts}.items():
            (tmp_path / f"broken.{name}").write_text(template)
        change_card(column="", mjml="broken.mjml", **{name: f"broken.{name}" for name in texts})

    return write


def told(hub: Hub) -> dict[str, str]:
    """Return the checks' findings about faults of plugins, by block."""
    from newsletters.issues.checking.run import check_issue

    checked = check_issue(hub.draft(), newsletter=hub.newsletter, now=hub.now)
    assert checked.compiled is not None
    return {
        finding.place.block_id if finding.place else "": finding.message
        for finding in checked.findings
        if finding.code == "plugin-failed" and finding.level == "error"
    }


def assert_stopped(hub: Hub, *words: str) -> str:
    """Assert that the issue compiles, names the story in a finding with these words, and cannot be sent."""
    hub.subscribe("ann")
    found = told(hub)
    assert len(found) == 1
    (message,) = found.values()
    assert all(each in message for each in ("themes", *words)), message
    with pytest.raises(ChecksFailed):
        hub.approve()
    return hub.compile().editions[hub.locales["en"]].html


CARD = (
    '<mj-section><mj-column><mj-text>{{ story.title }} <a href="{{ story.url }}">{{ story.link_text }}</a>%s'
    "</mj-text></mj-column></mj-section>"
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mjml": "themes/mail/lost.mjml"}, ("story card", "TemplateDoesNotExist")),
        ({"text": "themes/mail/lost.txt"}, ("story card", "TemplateDoesNotExist")),
        ({"facts": fail}, ("facts", "divides by zero")),
        ({"facts": lambda page: {"x": object()}}, ("facts", "TypeError")),
        ({"facts": lambda page: 7}, ("facts", "TypeError")),
        ({"link_text": fail}, ("link text", "divides by zero")),
        ({"link_text": lambda page: None}, ("link text", "None")),
    ],
    ids=["no MJML", "no text", "facts raise", "facts no JSON", "facts no map", "link text raises", "link text none"],
)
def test_a_card_that_fails_is_told_and_stops_the_issue(
    hub: Hub, change_card: Any, changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    change_card(**changes)
    assert MEETING in assert_stopped(hub, *words)


@pytest.mark.parametrize(
    ("mjml", "words"),
    [
        ("<mj-section><mj-column><mj-text>Unclosed", ("story card", "MJML")),
        ("{% nonsense %}", ("story card", "TemplateSyntaxError")),
        (CARD % "<script>alert(1)</script>", ("taken out", "<script>")),
        (CARD % '<form action="/x"><input name="q"></form>', ("taken out", "<form>")),
        (CARD % '<p onclick="alert(1)">Words</p>', ("taken out", "onclick=")),
        (CARD % '<a href="javascript:alert(1)">Words</a>', ("taken out", "javascript:")),
        (CARD % '<a href=" java&#10;script:alert(1)">Words</a>', ("taken out", "href=")),
        (CARD % '<img src="https://tracker.example/p.gif" alt="">', ("taken out", "tracker.example")),
        (CARD % "<p style=\"background:url('https://tracker.example/p.gif')\">Words</p>", ("taken out", "url()")),
        (CARD.replace("<mj-section", '<mj-section background-url="https://tracker.example/p.gif"') % "",
         ("taken out", "tracker.example")),
        (CARD % r'<p style="background:u\72l(//tracker.example/2.png)">Words</p>', ("taken out", "url()")),
        (CARD % "<style>@import url(https://tracker.example/8.css)</style>", ("taken out", "<style>")),
        (CARD % "" + "<mj-style>.page { background: url(//tracker.example/) }</mj-style>", ("taken out", "<mj-style>")),
    ],
    ids=["unclosed", "no template", "script", "form", "handler", "javascript", "hidden", "picture", "style", "ground",
         "escaped", "style sheet", "style of the mail"],
)  # fmt: skip
def test_what_no_mail_may_hold_is_taken_out_and_told(
    hub: Hub, write_card: Any, mjml: str, words: tuple[str, ...]
) -> None:
    write_card(mjml)
    html = assert_stopped(hub, *words)
    assert MEETING in html
    for unsafe in ("<script", "<form", "onclick", "javascript:", "tracker.example"):
        assert unsafe not in html


@pytest.mark.parametrize(
    ("mjml", "word"),
    [
        (CARD % "" + "</mj-body><mj-body>", "</mj-body>"),
        (CARD % "" + "<mj-banana>Words</mj-banana>", "mj-banana"),
    ],
    ids=["ends the mail", "unknown element"],
)
def test_a_card_that_is_no_part_of_a_mail_is_shown_as_any_page(hub: Hub, write_card: Any, mjml: str, word: str) -> None:
    write_card(mjml)
    html = assert_stopped(hub, "story card of “Open da", word)
    assert MEETING in html
    assert "mj-banana" not in html


EMPTY = "<mj-section><mj-column></mj-column></mj-section>"


@pytest.mark.parametrize(
    ("templates", "word"),
    [({"mjml": EMPTY}, "MJML"), ({"mjml": CARD % "", "text": "{# nothing #}"}, "plain text")],
    ids=["MJML", "text"],
)
def test_a_card_without_the_storys_title_is_shown_as_any_page(
    hub: Hub, write_card: Any, templates: dict[str, str], word: str
) -> None:
    write_card(**templates)
    html = assert_stopped(hub, "mail template of “Open da", f"its {word} does not show the title")
    assert f"<h3>{MEETING}" in re.sub(r"<(h3|a) [^>]*>", r"<\1>", html).replace("<h3><a>", "<h3>")
    assert MEETING in hub.compile().editions[hub.locales["en"]].text


def test_the_review_shows_a_broken_card_to_staff_in_words(hub: Hub, change_card: Any, admin_client: Any) -> None:
    change_card(facts=fail)
    page = admin_client.get(reverse("newsletters_admin:review", args=[hub.issue.pk]))
    assert page.status_code == 200
    assert "Plugin “themes”: fault in the facts of “Open day”" in page.content.decode()
    assert "Traceback" not in page.content.decode()
    assert PluginFault.objects.filter(plugin="themes", part="facts").exists()


@pytest.mark.parametrize(
    "start", [fail, lambda page: date(2027, 5, 4), lambda page: timezone.make_naive(LATER), lambda page: "4 May"]
)
def test_what_is_gathered_does_without_a_start_that_fails(
    hub: Hub, change_card: Any, admin_client: Any, start: Any
) -> None:
    change_card(starts_at=start)
    page = admin_client.get(reverse("newsletters_admin:gather", args=[hub.issue.pk]))
    assert page.status_code == 200


def test_a_card_of_an_unknown_section_is_shown_under_its_theme_and_named_once(hub: Hub, change_card: Any) -> None:
    change_card(section="nowhere")
    hub.edit(stories=[hub.story("open-data"), hub.story("open-day"), hub.story("open-day")])
    assert MEETING in assert_stopped(hub, "section", "activity", "“nowhere”")


def test_a_section_of_a_plugin_stands_in_the_mail_under_its_title(
    hub: Hub, change_card: Any, change_plugin: Any
) -> None:
    change_card(section="meetings")
    change_plugin("team", story_sections=(StorySection(name="meetings", title="Where we meet", place=15),))
    text = hub.compile().editions[hub.locales["en"]].text
    assert MEETING in text.partition("Where we meet\n")[2]


@pytest.mark.parametrize(
    "run",
    [
        fail,
        lambda issue: ["nonsense", 42],
        lambda issue: [finding(level="loud")],
        lambda issue: [finding(message=None)],
        lambda issue: [finding(place="above")],
    ],
    ids=["raises", "nonsense", "no level", "no message", "no place"],
)
def test_a_check_that_fails_stops_the_issue_and_nothing_else(hub: Hub, change_plugin: Any, run: Any) -> None:
    change_plugin("team", issue_checks=(IssueCheck(name="broken", label="brokenness", run=run),))
    with pytest.raises(ChecksFailed, match="brokenness"):
        hub.approve()
    assert PluginFault.objects.filter(plugin="team", part="issue check").exists()


def test_a_story_that_rests_stops_the_issue(hub: Hub, monkeypatch: Any) -> None:
    monkeypatch.setattr(fences, "_resting", {("newsletters", "tell", "story"): float("inf")})
    with pytest.raises(ChecksFailed, match="too slow"):
        hub.approve()


class Row(InLanguageBlock):
    words = blocks.CharBlock()


class CountdownForm(blocks.StructBlock):
    texts = WordsBlock(Row())

    class Meta:
        group = OWN


class TeamCountdownBlock(BodyBlock):
    """A countdown."""

    type: Literal["countdown"] = Field(description="Says that this is a countdown.")
    words: str = Field(description="Its words.")


def tell(value: Any, loaded: Any) -> ToldBlock:
    words = loaded.words_of(value, needed="words")["words"]
    return ToldBlock(kept={"words": words}, shown={"html": f"<p>{words}</p>", "text": words})


COUNTDOWN = IssueBlockKind(
    name="countdown",
    form=CountdownForm,
    tell=tell,
    schema=TeamCountdownBlock,
    show=lambda kept: TeamCountdownBlock(**kept.words("words")),
    mjml="newsletters/mail/blocks/quote.mjml",
    text="newsletters/mail/blocks/quote.txt",
)


def leave_out(value: Any, loaded: Any) -> ToldBlock:
    raise LeftOut("it is over")


def too_deep(value: Any, loaded: Any) -> ToldBlock:
    raise IssueProblem("The text is too long.")


@pytest.fixture
def with_countdown(hub: Hub, change_plugin: Callable[..., None], monkeypatch: Any) -> Callable[..., Hub]:
    """Let the team plugin add a block kind, and the issue use it; without `changes` the kind has no faults."""
    from newsletters.models import IssuePage

    field: Any = IssuePage.body.field

    def make(**changes: Any) -> Hub:
        change_plugin("team", issue_blocks=(COUNTDOWN,))
        field.__dict__.pop("stream_block", None)
        hub.edit(stories=[hub.story("open-data"), ("countdown", {"texts": [{"language": "en", "words": "3 days"}]})])
        change_plugin("team", issue_blocks=(replace(COUNTDOWN, **changes),))
        return hub

    monkeypatch.setitem(field.__dict__, "stream_block", field.stream_block)
    return make


def test_a_block_of_a_plugin_stands_in_the_mail(with_countdown: Any) -> None:
    hub = with_countdown(mjml="newsletters/mail/blocks/text.mjml", text="newsletters/mail/blocks/text.txt")
    content = hub.compile().contents[hub.locales["en"]]
    assert [value["words"] for value in content.values if value["type"] == "countdown"] == ["3 days"]
    assert not told(hub)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tell": fail}, ("tell", "divides by zero")),
        ({"mjml": "team/mail/lost.mjml"}, ("templates", "TemplateDoesNotExist")),
        ({"tell": lambda value, loaded: 7}, ("returned 7, not ToldBlock",)),
    ],
    ids=["tell raises", "no template", "tells nonsense"],
)
def test_a_block_that_fails_is_left_out_and_told(
    with_countdown: Any, changes: dict[str, Any], words: tuple[str, ...]
) -> None:
    hub = with_countdown(**changes)
    (message,) = told(hub).values()
    assert all(each in message for each in ("team", *words)), message
    assert "3 days" not in hub.compile().editions[hub.locales["en"]].html


@pytest.mark.parametrize(
    ("empty", "error"),
    [("mjml", "shows nothing"), ("text", "shows nothing as plain text")],
    ids=["in MJML", "as plain text"],
)
def test_a_block_that_shows_nothing_is_an_error(
    with_countdown: Any, settings: Any, tmp_path: Any, empty: str, error: str
) -> None:
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    (tmp_path / "words.mjml").write_text("<mj-section><mj-column><mj-text>Soon</mj-text></mj-column></mj-section>")
    (tmp_path / "words.text").write_text("Soon")
    (tmp_path / "empty.mjml").write_text(EMPTY)
    (tmp_path / "empty.text").write_text("")
    templates = {name: f"{'empty' if name == empty else 'words'}.{name}" for name in ("mjml", "text")}
    hub = with_countdown(**templates)
    (message,) = told(hub).values()
    assert f"fault in the mail template of “countdown” ({error})" in message
    hub = with_countdown(**templates, is_rule=True)
    assert not told(hub)


HARMLESS = """<section class="x" id="y"><h2>Soon</h2><p>Words <svg><path d="M0"/></svg></p><figure><picture>
    <source srcset="/media/a.webp 1x, http://hub.test/media/b.webp 2x"><img src="/media/a.jpg" alt="A"></picture>
    </figure><embed embedtype="media" url="https://video.example/1"></section>"""


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (HARMLESS, ""),
        ("<p>Soon</p><script>alert(1)</script>", "<script>"),
        ('<p>Soon</p><form action="/x"><input name="q"></form>', "<form>"),
        ('<p onclick="alert(1)">Soon</p>', "onclick="),
        ('<p>Soon <img src="//tracker.example/p.gif" alt=""></p>', "src=//tracker.example/p.gif"),
    ],
    ids=["harmless", "script", "form", "handler", "picture"],
)
def test_what_a_mail_leaves_out_of_a_template_of_pages_is_told(
    with_countdown: Any, settings: Any, tmp_path: Any, html: str, found: str
) -> None:
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    (tmp_path / "call.html").write_text(html)
    hub = with_countdown(mjml="", text="", template="call.html")
    messages = list(told(hub).values())
    assert ([found in message and "taken out" in message for message in messages]) == [True] * bool(found)
    assert "Soon" in hub.compile().editions[hub.locales["en"]].text


def test_a_block_may_leave_itself_out(with_countdown: Any) -> None:
    hub = with_countdown(tell=leave_out)
    notices = [str(notice.message) for notice in hub.compile().notices]
    assert "Left out in English: it is over." in notices
    assert not told(hub)


def test_a_block_whose_plugin_is_gone_is_kept_told_and_stops_the_issue(with_countdown: Any, change_plugin: Any) -> None:
    from newsletters.issues.checking.run import check_issue
    from newsletters.models import IssuePage

    hub = with_countdown()
    change_plugin("team", issue_blocks=())
    field: Any = IssuePage.body.field
    field.__dict__.pop("stream_block", None)
    stored = hub.draft().body
    assert [block.block_type for block in stored] == ["story", "missing"]
    assert field.stream_block.get_prep_value(stored)[1]["type"] == "countdown"
    findings = check_issue(hub.draft(), newsletter=hub.newsletter, now=hub.now).findings
    assert [finding.code for finding in findings if finding.level == "error"] == ["block-missing"]
