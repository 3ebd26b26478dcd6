"""Mails in a client that ignores their dark scheme and darkens them by force: everything can still be read."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from newsletters.audience.notice_mail import notice_of
from newsletters.audience.notice_words import NoticeKind
from newsletters.models.look import COLOURS
from newsletters.values.forced_dark import by_brightness
from newsletters.values.look import Look
from tests.acceptance.forced_dark import Line, force_dark, hardly_read, painted_lines, turned_whole, without_dark_scheme
from tests.conftest import new_image
from tests.newsletters.building import Hub, build_hub

pytestmark = pytest.mark.browser

# Looks that an editor can save, as different as possible from the default.
LOOKS = {
    "as it begins": {},
    "orange": {"sun": "#f58220"},
    "white on red": {"sun": "#c8472f", "on_sun": "#ffffff"},
    "white on navy": {"sun": "#0b2f5a", "on_sun": "#ffffff"},
    "black on grey": {"sun": "#7a7a7a", "on_sun": "#000000"},
    "pale grey text": {"ink": "#5a5a5a", "quiet": "#6b6b6b", "link": "#006bb3", "page": "#ffffff"},
    "night all day": {"paper": "#16161f", "page": "#0f0f16", "ink": "#f2f0ea", "quiet": "#b9b7c3", "link": "#8cc4ff"},
    "tinted paper": {"paper": "#ffe9b8", "page": "#fff6dc", "sun": "#e3a700"},
}

PAIRS = [
    ("#1d1d2b", "#ffcf24"),
    ("#767676", "#ffffff"),
    ("#0b4f8a", "#f4f2ec"),
    ("#f2f0ea", "#2f7d5b"),
    ("#5a2a00", "#ffe792"),
]


@pytest.fixture
def hub(db: None) -> Iterator[Hub]:
    warnings.simplefilter("ignore", ResourceWarning)  # Wagtail leaves temporary files to the garbage collector
    yield build_hub()
    gc.collect()


@pytest.fixture
def show(browser: Any, tmp_path: Any) -> Callable[[str], Any]:
    """Show HTML in the browser, 600 pixels wide, and return the browser."""

    def show(html: str) -> Any:
        metrics = {"width": 600, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        page = tmp_path / "mail.html"
        page.write_text(html.replace("http://hub.test/", "data:,"))
        browser.get(page.as_uri())
        return browser

    return show


def write_issue(hub: Hub) -> None:
    """Give the issue every kind of block."""
    words = [{"language": code, "quote": "It was ours.", "attribution": "A neighbour"} for code in hub.locales]
    label = [{"language": code, "label": "Come along"} for code in hub.locales]
    own = [
        {"language": code, "text": "<p>Words with <a href='https://example.org/'>a link</a>.</p>"}
        for code in hub.locales
    ]
    caption = [{"language": code, "alt": "A wall", "caption": "Drawn by Ann"} for code in hub.locales]
    hub.edit(
        stories=[
            hub.story("open-data", is_lead=True, link_text="Read how towns use data"),
            hub.story("town-meeting", link_text="See who came"),
            ("quote", {"texts": words}),
            ("button", {"texts": label, "page": None, "url": "https://example.org/"}),
            ("text", {"texts": own}),
            ("image", {"image": new_image("Wall", width=1200, height=600), "texts": caption}),
            ("divider", {}),
            hub.story("open-day", link_text="Book your place"),
        ],
        words={
            code: {"title": "What moves us", "signed_by": "Ann", "signed_function": "Director"} for code in hub.locales
        },
    )


def dress(hub: Hub, look: dict[str, str]) -> None:
    for name in COLOURS:
        setattr(hub.newsletter, f"colour_{name}", look.get(name, getattr(Look, name)))
    hub.newsletter.full_clean()
    hub.newsletter.save()


def test_words_are_kept_in_a_mail_that_is_turned_dark(hub: Hub, browser: Any, show: Any) -> None:
    write_issue(hub)
    for name, look in LOOKS.items():
        dress(hub, look)
        html = hub.compile().editions[hub.locales["en"]].html
        lines = force_dark(browser, partial(show, without_dark_scheme(html)))
        assert len(lines) > 20
        assert hardly_read(lines) == [], name
        (reader,) = hub.subscribe(f"reader {name}".replace(" ", "-"))
        confirmation = notice_of(NoticeKind.REQUESTED, newsletter=reader.newsletter, locale=reader.locale).html_for(
            "https://hub.test/n/c/token"
        )
        lines = force_dark(browser, partial(show, without_dark_scheme(confirmation)))
        assert len(lines) > 6
        assert hardly_read(lines) == [], name
        if not look:
            assert hardly_read(painted_lines(show(turned_whole(confirmation)))) == []
            assert hardly_read(painted_lines(show(turned_whole(html)))) == []


def test_the_judge_is_awake(browser: Any, show: Any) -> None:
    html = "<body style='background:#fff'><p style='background:#ffcf24;color:#1d1d2b'>A button</p><p>Words</p></body>"
    (button, words) = force_dark(browser, lambda: show(html))
    assert hardly_read([button, words]) == [button]
    assert button == Line("A button", button.contrast, "#fbfaff", "#ffcf24")
    assert button.contrast == pytest.approx(1.41, abs=0.1)
    assert hardly_read(painted_lines(show(html))) == []


def test_the_check_of_a_look_knows_what_the_browser_does(browser: Any, show: Any) -> None:
    rows = [f"<p style='background:{ground};color:{text};font:700 40px Arial'>HHH</p>" for text, ground in PAIRS]
    lines = force_dark(browser, lambda: show(f"<body style='background:#fff'>{''.join(rows)}</body>"))
    for (text, ground), line in zip(PAIRS, lines, strict=True):
        for colour, painted in zip(by_brightness(text, ground), (line.text, line.ground), strict=True):
            assert colour.delta_e(painted, method="76") < 1, (colour, line)
