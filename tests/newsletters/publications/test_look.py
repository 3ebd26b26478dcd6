"""A newsletter's colours, fonts, logo and columns: set by editors, measured, and in the mails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse

from newsletters.editions.compile_edition import compile_edition
from newsletters.models import Approval, Newsletter
from newsletters.models.look import COLOURS, LookFields
from newsletters.values.contrast import GROUNDS, LEAST, contrast, find_low_contrast
from newsletters.values.forced_dark import by_brightness, by_hsl, by_lab
from newsletters.values.look import FONTS, Look
from tests.newsletters.filling_in import fields_of

APPS = Path(__file__).resolve().parents[3]


def html_of(hub: Any, language: str = "en") -> str:
    return compile_edition(hub.compile().contents[hub.locales[language]], followed=None).html


def test_contrast_is_measured_as_wcag_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#1d1d2b", "#ffcf24") == contrast("#ffcf24", "#1d1d2b")


def test_the_colours_to_begin_with_can_be_read_in_both_schemes() -> None:
    assert find_low_contrast(vars(Look())) == []


def test_every_colour_is_text_or_what_text_stands_on() -> None:
    grounds = {ground for each in GROUNDS.values() for ground in each}
    assert set(GROUNDS) | grounds == set(COLOURS)


ACCENTS = [
    ("#ffcf24", "#1d1d2b"),
    ("#f58220", "#1d1d2b"),
    ("#c8472f", "#ffffff"),
    ("#0b2f5a", "#ffffff"),
    ("#7a7a7a", "#000000"),
    ("#8a8a8a", "#000000"),
    ("#00ff00", "#000080"),
    ("#3a2f00", "#1d1d2b"),
]


@pytest.mark.parametrize(("sun", "on_sun"), ACCENTS)
def test_text_on_the_accent_has_a_ground_on_which_it_is_kept(sun: str, on_sun: str) -> None:
    ground = Look(sun=sun, on_sun=on_sun).sun_ground
    assert contrast(on_sun, ground) >= LEAST
    for turn in (by_brightness, by_lab, by_hsl):
        turned, below = turn(on_sun, ground)
        assert turned.contrast(below, method="wcag21") >= LEAST, turn


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"paper": "#f5c842", "quiet": "#3a3944"}, ["colour_paper"]),
        ({"page": "#b0c4de", "quiet": "#44434d"}, ["colour_page"]),
        (
            {"paper": "#c0c0c0", "page": "#c0c0c0", "quiet": "#333333", "link": "#00355f"},
            ["colour_page", "colour_paper"],
        ),
    ],
)
def test_a_ground_that_loses_its_text_where_colours_are_turned_is_refused(
    hub: Any, change: dict[str, str], refused: list[str]
) -> None:
    for name, colour in change.items():
        setattr(hub.newsletter, f"colour_{name}", colour)
    with pytest.raises(ValidationError) as caught:
        hub.newsletter.full_clean()
    assert sorted(caught.value.message_dict) == refused
    for name, (message,) in caught.value.message_dict.items():
        found = re.search(r"is [12]\.\d+ : 1; text needs 4\.5 : 1\. Use (#\w+) for", message)
        assert found, message
        setattr(hub.newsletter, name, found[1])
    hub.newsletter.full_clean()


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"link": "#7aa5ff"}, ["colour_link"]),
        ({"dark_quiet": "#555566"}, ["colour_dark_quiet"]),
        ({"sun": "#3a2f00"}, ["colour_on_sun"]),
        ({"paper": "#77777f"}, ["colour_ink", "colour_link", "colour_quiet"]),
    ],
)
def test_a_pair_that_cannot_be_read_is_refused_with_the_measure_and_a_remedy(
    hub: Any, change: dict[str, str], refused: list[str]
) -> None:
    for name, colour in change.items():
        setattr(hub.newsletter, f"colour_{name}", colour)
    with pytest.raises(ValidationError) as caught:
        hub.newsletter.full_clean()
    assert sorted(caught.value.message_dict) == refused
    for messages in caught.value.message_dict.values():
        for message in messages:
            assert re.search(r"is \d+\.\d+ : 1; text needs 4\.5 : 1", message)


def test_the_remedy_does_and_is_near() -> None:
    (on_paper, on_page) = find_low_contrast(vars(Look(link="#7aa5ff")))
    assert on_paper.remedy == on_page.remedy
    assert contrast(on_paper.remedy, Look.paper) > contrast(on_paper.remedy, Look.page) >= LEAST
    assert contrast(on_paper.remedy, Look.page) < LEAST + 0.5
    (hopeless,) = find_low_contrast(vars(Look(on_sun="#808080", sun="#757575")))
    assert contrast(hopeless.remedy, "#757575") >= LEAST


def test_a_colour_that_is_none_is_refused_before_it_is_measured(hub: Any) -> None:
    hub.newsletter.colour_ink = "red;}</style>"
    with pytest.raises(ValidationError) as caught:
        hub.newsletter.full_clean()
    assert list(caught.value.message_dict) == ["colour_ink"]


def test_the_look_of_a_newsletter_is_the_look_of_its_mails(hub: Any) -> None:
    before = html_of(hub)
    for number, name in enumerate(COLOURS):
        setattr(hub.newsletter, f"colour_{name}", f"#0000{number:02x}")
    hub.newsletter.heading_font, hub.newsletter.body_font = "georgia", "verdana"
    hub.newsletter.save()
    after = html_of(hub)
    for number, name in enumerate(COLOURS):
        assert f"#0000{number:02x}" in after, name
        assert getattr(Look, name) not in after, name
    for font in ("georgia", "verdana"):
        assert FONTS[font] not in before
        assert FONTS[font] in after
    assert "Helvetica" not in after


def test_a_new_look_voids_the_approval_of_what_was_not_sent(hub: Any) -> None:
    hub.newsletter.colour_link = "#004000"
    hub.newsletter.save()
    approval = Approval.newest_of(hub.issue)
    assert approval
    assert approval.content_hash != hub.compile().content_hash


def test_a_new_look_leaves_what_was_sent_as_it_was(hub: Any) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    sent = list(dispatch.editions.values_list("html", "content_hash"))
    hub.newsletter.colour_link = "#004000"
    hub.newsletter.save()
    assert list(dispatch.editions.values_list("html", "content_hash")) == sent


def test_a_logo_stands_where_the_name_stood_and_has_its_own_for_the_dark(hub: Any, make_picture: Any) -> None:
    hub.newsletter.logo = make_picture("Logo", width=480, height=100)
    hub.newsletter.dark_logo = make_picture("Light logo", width=480, height=100)
    hub.newsletter.save()
    html = html_of(hub)
    light, dark = BeautifulSoup(html, "html.parser").select(".wordmark img")
    for image in (light, dark):
        assert image["alt"] == hub.newsletter.sender_name
        assert (image["width"], image["height"]) == ("240", "50")
        assert str(image["src"]).startswith("http://hub.test/media/")
    assert "display:none" in str(dark["style"])
    assert re.search(r"dark\).*\.logo-dark \{ display: block !important", html, re.DOTALL)


def test_a_logo_whose_file_is_gone_gives_way_to_the_name(hub: Any, make_picture: Any) -> None:
    hub.newsletter.logo = make_picture("Logo")
    hub.newsletter.save()
    Path(hub.newsletter.logo.file.path).unlink()
    (wordmark,) = BeautifulSoup(html_of(hub), "html.parser").select(".wordmark")
    assert wordmark.get_text(strip=True) == hub.newsletter.sender_name


def test_stories_of_a_theme_stand_beside_each_other_if_the_newsletter_has_two_columns(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", title=f"Story {number}") for number in range(3)] + [hub.story("open-day")])
    assert "mj-column-per-48" not in html_of(hub)
    hub.newsletter.columns = LookFields.Columns.TWO
    hub.newsletter.save()
    html = html_of(hub)
    soup = BeautifulSoup(html, "html.parser")
    titles = [title.get_text(strip=True) for title in soup.find_all("h3")]
    assert titles == ["Story 0", "Story 1", "Story 2", "Open day"]
    assert [column.h3.get_text(strip=True) for column in soup.select(".mj-column-per-48")] == titles[:2]  # type: ignore[union-attr]


def test_no_template_of_a_mail_brings_colours_of_its_own() -> None:
    templates = [*APPS.glob("*/templates/**/mail/*.mjml"), *APPS.glob("*/templates/**/mail/*.html")]
    assert len(templates) > 10
    found = {str(each): re.findall(r"(?<!&)#[0-9a-fA-F]{3,8}\b", each.read_text()) for each in templates}
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_an_editor_of_the_newsletter_sets_its_look_and_is_told_what_cannot_be_read(hub: Any, admin_client: Any) -> None:
    url = reverse(Newsletter.snippet_viewset.get_url_name("edit"), args=[hub.newsletter.pk])
    page = BeautifulSoup(admin_client.get(url).content, "html.parser")
    assert page.select_one("[data-look]")
    form: Any = page.select_one("#w-editor-form, form[method=post][novalidate]")
    fields = fields_of(form)
    answer = admin_client.post(url, fields | {"colour_quiet": "#bbbbbb"})
    assert "is 1.91 : 1; text needs 4.5 : 1." in answer.content.decode()
    assert "Use #6c6c6c" in answer.content.decode()
    assert admin_client.post(url, fields | {"colour_quiet": "#333333"}).status_code == 302
    hub.newsletter.refresh_from_db()
    assert hub.newsletter.colour_quiet == "#333333"
