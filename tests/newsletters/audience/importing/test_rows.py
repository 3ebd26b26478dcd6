"""A row says who somebody is and where they stand, or why nothing can be made of it; nothing is guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletters.audience.importing.columns import match_columns
from newsletters.audience.importing.fields import State
from newsletters.audience.importing.rows import ImportRow, RowProblem, RowReader
from newsletters.audience.importing.table import Row, open_table
from tests.newsletters.audience.importing import providers

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
THEMES = {"data": ["Open data", "Open gegevens"], "clean-power": ["Clean power"]}


def reader(header: list[str], *, name: str = "list.csv") -> RowReader:
    matching = match_columns(header, name=name)
    return RowReader(matching=matching, languages=["en", "nl", "pt-br"], themes=THEMES, zone=ZONE, now=NOW)


def read(**cells: str) -> ImportRow | RowProblem:
    cells = {"email": "ann@example.org"} | cells
    return reader(list(cells)).read(Row(number=7, cells=list(cells.values())))


def row(**cells: str) -> ImportRow:
    found = read(**cells)
    assert isinstance(found, ImportRow), found
    return found


def reasons(**cells: str) -> tuple[str, ...]:
    found = read(**cells)
    assert isinstance(found, RowProblem), found
    return found.reasons


def people(tmp_path: Path, export: str, *, name: str = "list.csv") -> dict[str, ImportRow]:
    file = tmp_path / "upload"
    file.write_text(export)
    table = open_table(file, name=name)
    found = [reader(table.header, name=name).read(line) for line in table.rows()]
    assert not [problem for problem in found if isinstance(problem, RowProblem)]
    return {person.email.partition("@")[0]: person for person in found if isinstance(person, ImportRow)}


def test_mailchimps_subscribers_bring_their_consent(tmp_path: Path) -> None:
    ann = people(tmp_path, providers.MAILCHIMP_SUBSCRIBED)["ann"]
    assert (ann.first_name, ann.language, ann.state, ann.note) == ("Ann", "nl", State.SUBSCRIBED, "met at the fair")
    assert ann.consent_at == datetime(2023, 4, 21, 11, 18, 2, tzinfo=ZONE)
    assert "192.0.2.7" not in repr(ann)


def test_whoever_left_or_bounced_at_mailchimp_is_brought_as_that(tmp_path: Path) -> None:
    left = people(tmp_path, providers.MAILCHIMP_UNSUBSCRIBED)
    assert (left["bob"].state, left["cas"].state) == (State.UNSUBSCRIBED, State.COMPLAINED)
    assert left["bob"].state_at == datetime(2018, 7, 23, 12, 19, 27, tzinfo=ZONE)
    assert people(tmp_path, providers.MAILCHIMP_CLEANED)["dee"].state == State.BOUNCED
    name = "nonsubscribed_members_export_0a1b.csv"
    assert people(tmp_path, providers.MAILCHIMP_NONSUBSCRIBED, name=name)["eva"].state == State.UNCONFIRMED


def test_whoever_listmonk_blocks_has_left(tmp_path: Path) -> None:
    found = people(tmp_path, providers.LISTMONK)
    assert {name: person.state.value for name, person in found.items()} == {
        "ann": "subscribed",
        "bob": "unsubscribed",
        "cas": "unsubscribed",
    }
    assert (found["ann"].first_name, found["ann"].consent_at) == ("Ann", None)


def test_of_two_states_the_more_careful_one_counts() -> None:
    """listmonk has a status of the person and one of the subscription."""
    both = reader(["email", "status", "subscription_status"])
    found = both.read(Row(number=2, cells=["ann@example.org", "enabled", "unsubscribed"]))
    assert isinstance(found, ImportRow)
    assert found.state == State.UNSUBSCRIBED


@pytest.mark.parametrize("export", [providers.LAPOSTA, providers.LAPOSTA_MEMBERS])
def test_everybody_at_laposta_goes_to_their_place(tmp_path: Path, export: str) -> None:
    found = people(tmp_path, export)
    assert [person.state.value for person in found.values()] == [
        "subscribed",
        "unsubscribed",
        "bounced",
        "unconfirmed",
    ]
    assert found["ann"].consent_at == datetime(2023, 12, 31, 14, 5, 6, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Active", State.SUBSCRIBED),
        ("ACTIEF", State.SUBSCRIBED),
        ("not confirmed", State.UNCONFIRMED),
        ("Uitgeschreven", State.UNSUBSCRIBED),
        ("Hard bounce", State.BOUNCED),
        ("spam-klacht", State.COMPLAINED),
        *((state.value, state) for state in State),
    ],
)
def test_a_status_is_known_in_both_languages(status: str, state: State) -> None:
    assert row(status=status).state == state


def test_a_status_that_nobody_knows_is_a_problem_and_never_a_subscriber() -> None:
    assert reasons(status="paused?") == ("We do not know the status “paused?”.",)


def test_a_date_of_leaving_counts_more_than_a_status() -> None:
    assert row(status="active", unsubscribed_at="2024-01-02").state == State.UNSUBSCRIBED
    assert row(status="active", unsubscribed_at="some day").state == State.UNSUBSCRIBED


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
def test_whoever_left_is_left_alone_however_bad_the_row_is(status: str) -> None:
    bad = {"first_name": "x" * 200, "language": "klingon", "consent_at": "03/04/2024", "themes": "?"}
    assert row(status=status, **bad).state == status
    assert reasons(email="nobody", status=status) == ("“nobody” is not a valid e-mail address.",)
    assert len(reasons(**bad)) == 3


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2023-12-31", datetime(2023, 12, 31, tzinfo=ZONE)),
        ("2023-12-31 14:05", datetime(2023, 12, 31, 14, 5, tzinfo=ZONE)),
        ("2023-12-31T14:05:06.789Z", datetime(2023, 12, 31, 14, 5, 6, tzinfo=UTC)),
        ("2023-12-31T14:05:06+02:00", datetime(2023, 12, 31, 12, 5, 6, tzinfo=UTC)),
        ("2023-12-31 14:05:06.123456 -0330 NST", datetime(2023, 12, 31, 17, 35, 6, tzinfo=UTC)),
        ("2023-12-31 14:05:06 +0000 +0000", datetime(2023, 12, 31, 14, 5, 6, tzinfo=UTC)),
        ("3-4-2023", datetime(2023, 4, 3, tzinfo=ZONE)),
        ("03-04-2023 09:08", datetime(2023, 4, 3, 9, 8, tzinfo=ZONE)),
        ("03.04.2023", datetime(2023, 4, 3, tzinfo=ZONE)),
        ("31/12/2023", datetime(2023, 12, 31, tzinfo=ZONE)),
        ("12/31/2023", datetime(2023, 12, 31, tzinfo=ZONE)),
        ("4/4/2023", datetime(2023, 4, 4, tzinfo=ZONE)),
    ],
)
def test_a_date_that_can_be_one_day_only_is_read(written: str, moment: datetime) -> None:
    assert row(consent_at=written).consent_at == moment


@pytest.mark.parametrize(
    "written", ["03/04/2023", "12/11/2023", "31-12-23", "2023-02-30", "31/31/2023", "45000", "2023-12-31 25:00", "soon"]
)
def test_a_date_that_is_unclear_is_a_problem_and_no_guess(written: str) -> None:
    assert len(reasons(consent_at=written)) == 1


def test_mailchimp_puts_the_month_first() -> None:
    header = ["Email Address", "MEMBER_RATING", "CONFIRM_TIME"]
    found = reader(header).read(Row(number=2, cells=["ann@example.org", "2", "03/04/2023 10:00"]))
    assert isinstance(found, ImportRow)
    assert found.consent_at == datetime(2023, 3, 4, 10, tzinfo=ZONE)


def test_nobody_agreed_in_the_future() -> None:
    assert reasons(consent_at="2024-06-02") == ("“2024-06-02” is in the future.",)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("nl", "nl"),
        ("NL", "nl"),
        ("nl_NL", "nl"),
        ("nl-BE", "nl"),
        ("Dutch", "nl"),
        ("Nederlands", "nl"),
        ("English", "en"),
        ("Engels", "en"),
        ("en-US", "en"),
        ("Português brasileiro", "pt-br"),
        ("", ""),
    ],
)
def test_a_language_is_known_by_its_code_and_its_names(written: str, code: str) -> None:
    assert row(language=written).language == code


def test_a_language_that_is_not_offered_is_a_problem() -> None:
    assert reasons(language="Frysk") == ("The newsletter is not offered in the language “Frysk”.",)


def test_themes_are_known_by_name_and_slug_and_the_others_are_shown() -> None:
    found = row(themes='"Open Data", clean-power; "Old members"|data')
    assert found.theme_slugs == ("data", "clean-power")
    assert found.unknown_themes == ("Old members",)


@pytest.mark.parametrize("formula", ['=HYPERLINK("http://x.example")', "+31 6", "-1", "@SUM(A1)"])
def test_a_formula_is_plain_text(formula: str) -> None:
    found = row(first_name=formula, evidence=formula)
    assert (found.first_name, found.evidence) == (formula, formula)


def test_control_characters_are_removed() -> None:
    found = row(first_name=" An\x00n\x1b\r\n ", evidence="line\none\x07", email="\u200bann@example.org\x00")
    assert (found.first_name, found.evidence, found.email) == ("Ann", "line\none", "ann@example.org")


def test_an_address_is_cleaned_as_everywhere_else() -> None:
    assert row(email=" ａnn@xn--bcher-kva.example ").email == "ann@bücher.example"
    for typed in (
        "root@localhost",
        "x@[10.0.0.5]",
        "ann@example",
        "a b@example.org",
        "ann@example.org, bob@example.org",
    ):
        assert reasons(email=typed) == (f"“{typed}” is not a valid e-mail address.",)
    assert reasons(email=" ") == ("There is no e-mail address.",)


def test_a_row_with_too_many_cells_is_a_problem() -> None:
    found = reader(["email", "name"]).read(Row(number=3, cells=["ann@example.org", "Ann", "extra"]))
    assert found == RowProblem(
        number=3, email="ann@example.org", reasons=("This row has more cells than the table has columns.",)
    )


FIELDS = ["email", "first_name", "language", "themes", "status", "consent_at", "unsubscribed_at", "evidence"]
ANYTHING = st.text(max_size=40) | st.sampled_from(["ann@example.org", "active", "left", "nl", "2024-01-02", "9/9/2024"])


@settings(max_examples=400, deadline=None)
@given(st.lists(ANYTHING, max_size=10))
def test_any_row_is_read_or_has_reasons(cells: list[str]) -> None:
    found = reader(FIELDS).read(Row(number=2, cells=cells))
    if isinstance(found, RowProblem):
        assert found.reasons
        return
    assert "@" in found.email
    assert found.language in {"", "en", "nl", "pt-br"}
    assert set(found.theme_slugs) <= set(THEMES)
    assert found.consent_at is None or found.consent_at <= NOW
    assert not any(character in found.evidence + found.first_name for character in "\x00\x1b")
