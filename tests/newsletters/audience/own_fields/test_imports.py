"""Own fields in files: columns found by name, answers judged, kept, taken back, and written out again."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest

from newsletters.audience.exporting.readers import HEADER, readers_of, write_readers
from newsletters.audience.own_fields.keep_answers import answers_of, keep_answers
from newsletters.models import ImportedRow, OwnField, OwnValue, ReaderImport, Subscriber
from tests.newsletters.audience.imports.importing import Importer
from tests.newsletters.audience.own_fields.conftest import AddField
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


@pytest.fixture
def importer(hub: Hub) -> Importer:
    """An administrator at the pages of imports."""
    return Importer(hub, client_of(hub, "administrator"))


@pytest.fixture
def fields(add_field: AddField) -> None:
    """A field of each kind."""
    add_field("organisation")
    add_field("sector", kind="choice", choices=("school", "museum"))
    add_field("member", kind="yes_no")
    add_field("started", kind="date")


def answers(email: str) -> dict[str, str]:
    return answers_of(Subscriber.objects.get(email=email))


def fates(made: ReaderImport) -> list[Any]:
    return list(made.imported_rows.values_list("fate", "reasons"))


@pytest.mark.usefixtures("fields")
def test_columns_are_found_by_key_and_by_label_in_any_language(importer: Importer) -> None:
    made = importer.run(
        "email,Organisation (nl),sector,MEMBER,started\nann@example.org,The  Hub,De museum,ja,31-12-2024\n"
    )
    assert made.columns == ["email", "own-organisation", "own-sector", "own-member", "own-started"]
    assert answers("ann@example.org") == {
        "organisation": "The Hub",
        "sector": "museum",
        "member": "yes",
        "started": "2024-12-31",
    }


@pytest.mark.usefixtures("fields")
def test_a_wrong_answer_is_named_and_left_out_and_the_reader_is_taken(importer: Importer) -> None:
    made = importer.run(
        f"email,organisation,sector,member,started\nann@example.org,{'x' * 10_000},bakery,maybe,31-2-2025\n"
    )
    [(fate, reasons)] = fates(made)
    assert fate == ImportedRow.Fate.NEW
    assert "Organisation is left out: Use at most 200" in reasons
    for words in ("none of the choices", "neither yes nor no", "31-2-2025"):
        assert words in reasons
    assert answers("ann@example.org") == {}


@pytest.mark.usefixtures("fields")
def test_known_readers_keep_their_answers_unless_staff_replace_them(importer: Importer, hub: Hub) -> None:
    [ann] = hub.subscribe("ann")
    keep_answers(ann.subscriber, {"organisation": "Old", "sector": "school"})
    content = "email,organisation,sector\nann@example.org,New,\n"
    assert fates(importer.run(content))[0][0] == ImportedRow.Fate.KNOWN
    assert answers(ann.subscriber.email) == {"organisation": "Old", "sector": "school"}
    made = importer.run(content, changes_known="on")
    assert fates(made)[0][0] == ImportedRow.Fate.CHANGED
    assert answers(ann.subscriber.email) == {"organisation": "New", "sector": "school"}
    assert fates(importer.run(content, changes_known="on"))[0][0] == ImportedRow.Fate.KNOWN
    importer.undo(made)
    assert answers(ann.subscriber.email) == {"organisation": "Old", "sector": "school"}


@pytest.mark.usefixtures("fields")
def test_undoing_takes_away_what_was_not_there_before(importer: Importer, hub: Hub) -> None:
    [ann] = hub.subscribe("ann")
    made = importer.run("email,organisation\nann@example.org,New\n", changes_known="on")
    importer.undo(made)
    assert answers(ann.subscriber.email) == {}


@pytest.mark.usefixtures("fields")
@pytest.mark.parametrize("mine", ["Mine", ""])
def test_undoing_leaves_readers_who_answered_anew(importer: Importer, hub: Hub, mine: str) -> None:
    [ann] = hub.subscribe("ann")
    keep_answers(ann.subscriber, {"organisation": "Old"})
    made = importer.run("email,organisation\nann@example.org,New\nbob@example.org,New\n", changes_known="on")
    for name in ("ann", "bob"):
        keep_answers(Subscriber.objects.get(email=f"{name}@example.org"), {"organisation": mine})
    made = importer.undo(made)
    assert made.counts["kept"] == 2
    kept = {"organisation": mine} if mine else {}
    assert answers("ann@example.org") == answers("bob@example.org") == kept


@pytest.mark.usefixtures("fields")
def test_a_field_that_is_deleted_before_the_import_runs_is_left_out(importer: Importer) -> None:
    made = importer.try_out("email,organisation,sector\nann@example.org,The Hub,school\n")
    OwnField.objects.filter(key="organisation").delete()
    importer.post(made, "start_import")
    made = importer.work(made)
    assert made.status == ReaderImport.Status.DONE
    assert answers("ann@example.org") == {"sector": "school"}
    OwnField.objects.all().delete()
    assert importer.undo(made).counts["undone"] == 1
    assert not Subscriber.objects.exists()


def test_one_own_field_is_not_taken_from_two_columns(importer: Importer, add_field: AddField) -> None:
    add_field("organisation")
    made = importer.upload("email,organisation,Organisation (nl)\nann@example.org,A,B\n")
    page = importer.client.get(importer.page(made)).context["form"]
    assert [page[f"column-{place}"].value() for place in range(3)] == ["email", "own-organisation", ""]
    answer = importer.confirm(made, **{"column-2": "own-organisation"})
    assert "Two columns are taken for “Organisation”" in answer.content.decode()


def test_what_is_known_anyway_is_no_own_field(importer: Importer, add_field: AddField) -> None:
    own_field = add_field("organisation")
    own_field.texts.update(label="Status")
    made = importer.upload("email,status\nann@example.org,subscribed\n")
    page = importer.client.get(importer.page(made)).context["form"]
    assert page["column-1"].value() == "status"


@pytest.mark.usefixtures("fields")
def test_an_export_has_a_column_for_each_field_and_can_be_imported_again(
    importer: Importer, hub: Hub, django_assert_num_queries: Any
) -> None:
    ann, _bob = hub.subscribe("ann", "bob")
    kept = {"organisation": "=The Hub", "sector": "school", "member": "no", "started": "2024-12-31"}
    keep_answers(ann.subscriber, kept)
    file = BytesIO()
    with django_assert_num_queries(2):
        assert write_readers(readers_of(hub.newsletter), kind="csv", to=file) == 2
    rows = list(csv.DictReader(StringIO(file.getvalue().decode("utf-8-sig"))))
    assert list(rows[0]) == [*HEADER, "member", "organisation", "sector", "started"]
    assert rows[0]["organisation"] == "'=The Hub"  # no formula
    assert {rows[1][key] for key in kept} == {""}
    OwnValue.objects.all().delete()
    importer.run(file.getvalue(), changes_known="on")
    assert answers("ann@example.org") == kept
