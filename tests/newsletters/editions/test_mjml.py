"""The interface to the MJML compiler: malformed MJML is refused, and what the compiler would ignore is found."""

from __future__ import annotations

from typing import Any

import pytest

from newsletters.editions.mjml import find_unknown, to_html
from newsletters.exceptions import IssueProblem
from newsletters.models.look import LookFields


@pytest.mark.parametrize(
    ("source", "unknown"),
    [
        ('<mjml lang="en"><mj-body><mj-section><mj-column /></mj-section></mj-body></mjml>', []),
        ("<mjml><mj-body><mj-hero /></mj-body></mjml>", ["mj-hero"]),
        ('<mj-text colour="#ffffff"><p style="margin:0" colour="x">Words</p></mj-text>', ["mj-text colour"]),
        ('<mj-section pading="0" /><mj-section pading="0" /><mj-carousel />', ["mj-section pading", "mj-carousel"]),
        ("<mj-raw><!-- <mj-hero /> --><table><tr><td>Words</td></tr></table></mj-raw>", []),
    ],
)
def test_what_the_compiler_passes_over_in_silence_is_found(source: str, unknown: list[str]) -> None:
    assert find_unknown(source) == unknown


@pytest.mark.parametrize("columns", LookFields.Columns)
def test_our_own_templates_hold_nothing_unknown_and_shrink_below_full_width(
    hub: Any, make_picture: Any, columns: int
) -> None:
    for number, name in enumerate(("open-data", "town-meeting")):
        for page in hub.articles[name].values():
            page.image = make_picture(f"Picture {number}")
            page.save()
    hub.newsletter.columns = columns
    hub.newsletter.logo = hub.newsletter.dark_logo = page.image
    hub.newsletter.save()
    hub.edit(
        stories=[hub.story("open-data", is_lead=True), hub.story("town-meeting"), hub.story("open-day")],
        words={"en": {"preheader": "More", "signed_by": "Ann"}},
    )
    for edition in hub.compile().editions.values():
        assert find_unknown(edition.mjml) == []
        assert "mj-column-per-" in edition.html
        assert "mj-column-px-" not in edition.html  # such columns fall below each other in a mail of 599 pixels


def test_mjml_that_is_not_well_formed_is_refused_in_words() -> None:
    with pytest.raises(IssueProblem, match="MJML"):
        to_html("<mjml><mj-body><mj-section></mj-body></mjml>")


def test_a_mail_links_no_fonts_of_others() -> None:
    source = '<mjml><mj-head><mj-attributes><mj-all font-family="Roboto, Arial" /></mj-attributes></mj-head>'
    html = to_html(
        f"{source}<mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>"
    )
    assert "googleapis" not in html


def test_a_mail_from_right_to_left_has_its_bars_and_its_date_on_the_other_side(hub: Any, monkeypatch: Any) -> None:
    hub.edit(stories=[hub.story("open-data", is_lead=True), hub.story("town-meeting")])
    monkeypatch.setattr("newsletters.editions.content.direction_of", lambda code: "rtl")
    html = hub.compile().editions[hub.locales["en"]].html
    assert 'dir="rtl"' in html
    assert "border-right:4px solid #1c6f9c;padding-right:8px" in html
    assert "border-left:4px" not in html
    assert ".date { padding: 4px 24px 0 0 !important; }" in html
    assert "border-radius:0 0 216px 0" in html
