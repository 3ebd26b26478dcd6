"""Judges of the mails: html-validate, axe-core, a browser that records requests, and the official MJML compiler."""

from __future__ import annotations

import gc
import json
import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from newsletters.audience.notice_mail import notice_of
from newsletters.audience.notice_words import NoticeKind
from newsletters.editions.blocks.quote import QUOTE
from newsletters.editions.mjml import to_html
from newsletters.editions.schemes import in_scheme
from newsletters.models.look import LookFields
from newsletters.plugin import plugin as newsletters
from newsletters.testing import check_mail_parts
from tests.acceptance.axe import judge_by_axe
from tests.acceptance.packages import install, run
from tests.conftest import new_image
from tests.newsletters.building import Hub, build_hub
from tests.newsletters.editions.words.test_characters import WHERE, mjml_of

pytestmark = pytest.mark.node

JUDGES = Path(__file__).resolve().parents[1] / "judges"
MOST_BYTES = 102_400
# The position of everything that a reader sees, to the pixel.
PLACES = """
return [...document.querySelectorAll("h1, h2, h3, p, img, a")].filter((one) => one.offsetParent).map((one) => {
  const box = one.getBoundingClientRect();
  const place = [box.x, box.y, box.width, box.height].map(Math.round);
  return [one.tagName, (one.innerText || one.alt || "").trim(), ...place];
});
"""


COMPOUND = "burgerparticipatiebeleidsmedewerkersoverlegstructuur"
# Words that overflow the window, or their cell.
CUT_OFF = """
return [...document.querySelectorAll("h1, h2, h3, p, a, td")].filter((one) => {
  const cell = one.closest("td");
  return cell && (one.getBoundingClientRect().right > innerWidth + 1 || cell.scrollWidth > cell.clientWidth + 1);
}).map((one) => one.innerText.slice(0, 60));
"""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the judges and the packages that they need."""
    packages = install(JUDGES)
    folder = tmp_path_factory.mktemp("judges")
    for script in JUDGES.glob("*.mjs"):
        shutil.copy(script, folder)
    (folder / "node_modules").symlink_to(packages)
    return folder


@pytest.fixture
def mails(db: None) -> Iterator[dict[str, Any]]:
    """An issue with all kinds of stories, compiled: in each language, and with two columns."""
    warnings.simplefilter("ignore", ResourceWarning)  # Wagtail leaves temporary files to the garbage collector
    yield compile_all()
    gc.collect()


def compile_all() -> dict[str, Any]:
    hub = build_hub()
    for number, both in enumerate(hub.articles.values()):
        image = new_image(f"Picture {number}", width=1200, height=900)
        for page in both.values():
            page.image, page.alt_text = image, f"A drawing, number {number}"
            page.save()
    blocks = [hub.story("open-data", is_lead=True, teaser="Three lines. " * 12, link_text="Read how towns use data")]
    blocks += [hub.story(name, title=f"{name} {number}") for name in ("open-data", "town-meeting") for number in "12"]
    blocks += [hub.story("open-day", link_text="Book your place at the open day")]
    words = {"preheader": "More than the subject says.", "signed_by": "Ann", "signed_function": "Director"}
    intro = "<p>Words with <a href='https://example.org/'>a link to elsewhere</a>.</p><ul><li>One</li><li>Two</li></ul>"
    hub.edit(stories=blocks, words={code: words | {"intro": intro} for code in ("en", "nl")})
    made = {code: hub.compile().editions[locale] for code, locale in hub.locales.items()}
    hub.newsletter.columns = LookFields.Columns.TWO
    hub.newsletter.heading_font = LookFields.Font.GEORGIA
    hub.newsletter.logo = new_image("Logo", width=480, height=100)
    hub.newsletter.dark_logo = new_image("Light logo", width=480, height=100)
    hub.newsletter.save()
    return made | {"two columns": hub.compile().editions[hub.locales["en"]]}


@pytest.fixture
def hub(db: None) -> Iterator[Hub]:
    warnings.simplefilter("ignore", ResourceWarning)
    yield build_hub()
    gc.collect()


@pytest.fixture
def confirmations(db: None) -> dict[str, str]:
    """The mails that ask to confirm, as HTML: to somebody who asked, and in Dutch to somebody who was invited."""
    hub = build_hub()
    asked, invited = hub.subscribe("ann")[0], hub.subscribe("nel", language="nl")[0]
    url = "https://hub.test/n/c/" + "token" * 12
    return {
        "asked": notice_of(NoticeKind.REQUESTED, newsletter=asked.newsletter, locale=asked.locale).html_for(url),
        "invited": notice_of(NoticeKind.INVITED, newsletter=invited.newsletter, locale=invited.locale).html_for(url),
    }


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Callable[..., Any]:
    """Show HTML in a browser of this width and scheme, and return the browser."""

    def show(html: str, *, width: int = 640, dark: bool = False) -> Any:
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        page = tmp_path / "mail.html"
        page.write_text(html)
        browser.get(page.as_uri())
        return browser

    return show


def validate(workshop: Path, html: str) -> list[str]:
    return json.loads(run("node", "validate.mjs", cwd=workshop, stdin=html))


def test_html_validate_finds_nothing(workshop: Path, mails: dict[str, Any]) -> None:
    assert {name: validate(workshop, edition.html) for name, edition in mails.items()} == {name: [] for name in mails}


def test_html_validate_finds_nothing_in_the_mail_that_asks_to_confirm(
    workshop: Path, confirmations: dict[str, str]
) -> None:
    assert {name: validate(workshop, html) for name, html in confirmations.items()} == {"asked": [], "invited": []}


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_fault_in_the_mail_that_asks_to_confirm(
    workshop: Path, confirmations: dict[str, str], show: Any, dark: bool
) -> None:
    axe = (workshop / "node_modules/axe-core/axe.min.js").read_text()
    for name, html in confirmations.items():
        for width in (640, 320):
            page = show(html, width=width, dark=dark)
            assert judge_by_axe(page, axe) == [], name
            assert page.execute_script("return document.documentElement.scrollWidth") <= width


def test_html_validate_is_awake(workshop: Path) -> None:
    found = " ".join(validate(workshop, "<!doctype html><html><head></head><body><img src=x><p>a</div></body></html>"))
    assert "wcag/h37" in found
    assert "close-order" in found


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_fault(workshop: Path, mails: dict[str, Any], show: Any, dark: bool) -> None:
    axe = (workshop / "node_modules/axe-core/axe.min.js").read_text()
    for name, edition in mails.items():
        faults = judge_by_axe(show(edition.html, dark=dark), axe)
        assert faults == [], name


@pytest.mark.browser
def test_axe_is_awake_in_the_dark(workshop: Path, mails: dict[str, Any], show: Any) -> None:
    axe = (workshop / "node_modules/axe-core/axe.min.js").read_text()
    html = re.sub(r"\.page div, \.page td \{ color: #\w+ !important; \}", "", mails["en"].html)
    assert "color-contrast" in {fault for fault, _nodes in judge_by_axe(show(html, dark=True), axe)}


@pytest.mark.browser
def test_an_opened_mail_asks_nothing_of_other_hosts(mails: dict[str, Any], show: Any) -> None:
    for edition in mails.values():
        page = show(edition.html)
        asked = page.execute_script("return performance.getEntriesByType('resource').map((one) => one.name)")
        assert asked, "the browser noted nothing"
        assert {url for url in asked if not url.startswith(("http://hub.test/", "file://"))} == set()


@pytest.mark.browser
@pytest.mark.parametrize("width", [640, 375])
def test_the_official_compiler_puts_everything_in_the_same_place(
    workshop: Path, mails: dict[str, Any], show: Any, width: int
) -> None:
    for name, edition in mails.items():
        official = json.loads(run("node", "compile.mjs", cwd=workshop, stdin=edition.mjml))
        assert official["errors"] == [], name
        ours, theirs = (show(html, width=width).execute_script(PLACES) for html in (edition.html, official["html"]))
        assert len(ours) > 20
        assert ours == theirs, name


def test_the_official_compiler_writes_the_same_words_and_labels(workshop: Path) -> None:
    words = "We ❤️ re\u0301sume\u0301s, مرحبًا, नमस्ते, 👩\u200d🌾, co\u00adop \\u{41} \\ \\n"
    for place in WHERE:
        official = json.loads(run("node", "compile.mjs", cwd=workshop, stdin=mjml_of(place, words)))
        assert official["errors"] == [], place
        ours, theirs = (said_in(html, words) for html in (to_html(mjml_of(place, words)), official["html"]))
        assert ours == theirs, place
        assert ours, place


def test_plugins_stand_before_the_official_compiler_where_it_is_installed(
    workshop: Path, site: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(workshop)
    check_mail_parts(newsletters)
    (tmp_path / "loud.mjml").write_text(
        '<mj-section><mj-column><mj-text font-size="loud">{{ block.text }}</mj-text></mj-column></mj-section>'
    )
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path]}]
    loud = replace(newsletters, issue_blocks=(replace(QUOTE, mjml="loud.mjml"),))
    with pytest.raises(AssertionError, match=r"(?s)official compiler: .*loud"):
        check_mail_parts(loud)
    monkeypatch.chdir(tmp_path)
    check_mail_parts(loud)  # ours lets such a value through


def said_in(html: str, words: str) -> set[tuple[str, str]]:
    """Return where these words are in a mail: the element and the attribute, or the element whose text they are."""
    soup = BeautifulSoup(html, "html.parser")
    named = {(tag.name, name) for tag in soup.find_all(True) for name, value in tag.attrs.items() if words in value}
    parents = (string.parent for string in soup.find_all(string=lambda text: bool(text and words in text)))
    return named | {(parent.name, "") for parent in parents if parent}


@pytest.mark.browser
def test_dark_as_the_preview_shows_it_is_dark_as_a_client_shows_it(mails: dict[str, Any], show: Any) -> None:
    colours = """return [...document.querySelectorAll("body, td, div, h1, h2, h3, p, a, img")].map((one) => {
      const style = getComputedStyle(one); return `${style.color} ${style.backgroundColor} ${style.display}`; })"""
    for edition in mails.values():
        client = show(edition.html, dark=True).execute_script(colours)
        preview = show(in_scheme(edition.html, dark=True), dark=False).execute_script(colours)
        assert preview == client
        assert show(in_scheme(edition.html, dark=False), dark=True).execute_script(colours) != client


@pytest.mark.browser
@pytest.mark.parametrize("columns", LookFields.Columns)
def test_no_long_word_is_wider_than_a_phone(hub: Hub, show: Any, columns: int) -> None:
    for page in hub.articles["town-meeting"].values():
        page.image = new_image("Wide", width=1200, height=900)
        page.save()
    hub.newsletter.columns = columns
    hub.newsletter.save()
    long = f"Over {COMPOUND} en meer"
    stories = [
        hub.story(key, title=long, teaser=long, link_text=long)
        for key in ("open-data", "town-meeting", "town-meeting", "open-day")
    ]
    button = {"texts": [{"language": "nl", "label": COMPOUND}], "page": None, "url": "https://example.org/"}
    quote = {"texts": [{"language": "nl", "quote": COMPOUND, "attribution": COMPOUND}]}
    stories[0]["is_lead"] = True
    text = {"title": COMPOUND, "intro": f"<p>{COMPOUND}</p>", "signed_by": COMPOUND}
    hub.edit(stories=[*stories, ("button", button), ("quote", quote)], words={"nl": text})
    html = hub.compile().editions[hub.locales["nl"]].html
    for width in (640, 375, 320):
        page = show(html, width=width)
        assert page.execute_script("return document.documentElement.scrollWidth") <= width
        assert page.execute_script(CUT_OFF) == []


def test_no_mail_is_cut_off(mails: dict[str, Any]) -> None:
    for name, edition in mails.items():
        assert len(edition.html.encode()) < MOST_BYTES, name
        assert "%%preferences_url%%" in edition.html.encode()[:20_000].decode(errors="ignore"), name


def test_the_packages_name_no_registry() -> None:
    lock = (JUDGES / "package-lock.json").read_text()
    packages = json.loads(lock)["packages"]
    assert all("integrity" in each and "resolved" not in each for name, each in packages.items() if name)
    assert "://" not in lock
