"""What counts as an answer, and the one spelling in which it is kept."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from newsletters.models import OwnField
from newsletters.models.audience.own_values import MOST_CHARACTERS, iso_date, one_line, yes_or_no
from tests.newsletters.audience.own_fields.conftest import AddField


@given(st.text(max_size=300))
def test_a_text_is_one_line_without_control_characters_in_one_spelling(typed: str) -> None:
    try:
        kept = one_line(typed)
    except ValidationError:
        return
    assert len(kept) <= MOST_CHARACTERS
    assert len(kept.splitlines()) <= 1
    assert "\x00" not in kept
    assert one_line(kept) == kept


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(ValidationError, match="at most 200"):
        one_line("x" * 10_000)
    assert one_line("x" * 200)


@pytest.mark.parametrize(
    "typed", ["31-2-2025", "2025-02-31", "2025-13-01", "1-1-2025", "soon", "1899-12-31", "9999-01-01"]
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match=r"is not a date"):
        iso_date(typed)


def test_yes_and_no_are_known_in_both_languages() -> None:
    assert [yes_or_no(word) for word in ("Ja", "yes", "1", "TRUE")] == ["yes"] * 4
    assert [yes_or_no(word) for word in ("Nee", "no", "0", "false")] == ["no"] * 4
    with pytest.raises(ValidationError):
        yes_or_no("maybe")


def test_a_choice_is_read_by_key_and_by_its_label_in_any_language(add_field: AddField) -> None:
    own_field = add_field("sector", kind="choice", choices=("school", "museum"))
    assert [own_field.read(typed) for typed in ("school", "School", "de museum", " MUSEUM ")] == [
        "school",
        "school",
        "museum",
        "museum",
    ]
    with pytest.raises(ValidationError, match="none of the choices"):
        own_field.read("bakery")
    assert own_field.read("") == ""


def test_answers_are_put_into_words_in_the_language_asked_for(add_field: AddField) -> None:
    sector = add_field("sector", kind="choice", choices=("school",))
    since = add_field("since_when", kind="date")
    member = add_field("member", kind="yes_no")
    assert [sector.in_words("school", code) for code in ("en", "nl", "fr")] == ["School", "De school", "School"]
    assert sector.in_words("gone", "en") == "gone"
    assert since.in_words("2024-05-01", "nl") == "1 mei 2024"
    assert member.in_words("no", "nl") == "Nee"
    assert OwnField.objects.get(key="member").label_in("nl") == "Member (nl)"
