"""Columns are matched by their names; a person sees what each is taken for, and can say otherwise."""

from __future__ import annotations

import csv

import pytest

from newsletters.audience.importing.columns import Matching, match_columns
from newsletters.audience.importing.fields import Field, Provider, State
from tests.newsletters.audience.importing import providers


def matched(export: str, *, name: str = "list.csv") -> Matching:
    header = export.partition("\n")[0]
    return match_columns(next(csv.reader([header], delimiter=";" if ";" in header else ",")), name=name)


def taken(matching: Matching) -> dict[str, str]:
    return {column.name: column.field.value for column in matching.columns if column.field}


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("E-mail|First name|Language|Themes|Status|Consent at|Evidence|Note", "email first_name language themes"),
        (
            "e-mailadres|Voornaam|Taal|Thema's|Status|Toestemming op|Bewijs|Opmerkingen",
            "email first_name language themes",
        ),
        (
            "EMAIL_ADDRESS|first-name|TAAL|thema’s|toestand|Datum toestemming|bron|notitie",
            "email first_name language themes",
        ),
    ],
)
def test_columns_are_matched_in_both_languages_however_they_are_written(header: str, fields: str) -> None:
    matching = match_columns(header.split("|"))
    found = [column.field for column in matching.columns]
    assert found == [*fields.split(), "status", "consent_at", "evidence", "note"]


def test_own_names_of_the_fields_are_matched() -> None:
    names = [field.value for field in Field if field != Field.NAME]
    assert [column.field for column in match_columns(names).columns] == names


def test_a_column_that_says_nothing_to_us_is_ignored() -> None:
    matching = match_columns(["email", "Last name", "OPTIN_IP", ""])
    assert [column.field for column in matching.columns] == [Field.EMAIL, None, None, None]


def test_a_first_name_is_taken_before_a_whole_name() -> None:
    assert taken(match_columns(["Name", "First name", "Email"])) == {"First name": "first_name", "Email": "email"}
    assert taken(match_columns(["Naam", "Email"])) == {"Naam": "name", "Email": "email"}


def test_without_a_column_of_addresses_a_matching_says_so() -> None:
    matching = match_columns(["wie", "Voornaam"])
    assert not matching.has_addresses
    assert matching.with_field(0, field=Field.EMAIL).has_addresses


def test_a_person_overrides_a_column_and_the_field_moves() -> None:
    matching = match_columns(["email", "werk-email", "naam"])
    moved = matching.with_field(1, field=Field.EMAIL)
    assert [column.field for column in moved.columns] == [None, Field.EMAIL, Field.NAME]
    assert [column.field for column in moved.with_field(2, field=None).columns] == [None, Field.EMAIL, None]
    assert matching.columns[0].field == Field.EMAIL


def test_several_columns_may_hold_themes_and_states() -> None:
    matching = match_columns(["email", "Themes", "Tags"])
    assert matching.places_of(Field.THEMES) == (1, 2)
    assert matching.with_field(0, field=Field.THEMES).places_of(Field.THEMES) == (0, 1, 2)


@pytest.mark.parametrize(
    ("export", "provider"),
    [
        (providers.MAILCHIMP_SUBSCRIBED, Provider.MAILCHIMP),
        (providers.MAILCHIMP_UNSUBSCRIBED, Provider.MAILCHIMP),
        (providers.MAILCHIMP_CLEANED, Provider.MAILCHIMP),
        (providers.LISTMONK, Provider.LISTMONK),
        (providers.LAPOSTA, Provider.LAPOSTA),
        (providers.LAPOSTA_MEMBERS, Provider.LAPOSTA),
        ("email,name,status\n", None),
        ("E-mailadres;Voornaam\n", None),
    ],
)
def test_exports_of_known_programs_are_recognised(export: str, provider: Provider | None) -> None:
    assert matched(export).provider == provider


def test_of_mailchimps_two_times_the_confirmation_counts() -> None:
    found = taken(matched(providers.MAILCHIMP_SUBSCRIBED))
    assert found["CONFIRM_TIME"] == "consent_at"
    assert "OPTIN_TIME" not in found
    assert "OPTIN_IP" not in found


def test_when_listmonk_made_a_row_is_no_consent() -> None:
    assert taken(matched(providers.LISTMONK)) == {"email": "email", "name": "name", "status": "status"}


@pytest.mark.parametrize(
    ("export", "name", "state"),
    [
        (providers.MAILCHIMP_SUBSCRIBED, "subscribed_members_export_0a1b.csv", State.SUBSCRIBED),
        (providers.MAILCHIMP_UNSUBSCRIBED, "list.csv", State.UNSUBSCRIBED),
        (providers.MAILCHIMP_CLEANED, "list.csv", State.BOUNCED),
        (providers.MAILCHIMP_SUBSCRIBED, "unsubscribed_members_export_0a1b.csv", State.UNSUBSCRIBED),
        (providers.MAILCHIMP_SUBSCRIBED, "cleaned_members_export_0a1b.csv", State.BOUNCED),
        (providers.MAILCHIMP_NONSUBSCRIBED, "nonsubscribed_members_export_0a1b.csv", State.UNCONFIRMED),
        ("email,name\n", "unsubscribed.csv", State.SUBSCRIBED),
    ],
)
def test_mailchimps_files_each_hold_one_state(export: str, name: str, state: State) -> None:
    assert matched(export, name=name).state == state
