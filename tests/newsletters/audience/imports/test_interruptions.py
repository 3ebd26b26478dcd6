"""Imports that are interrupted, doubled, stopped, met by other changes, or made of bad input."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.imports import applying, judging
from newsletters.audience.imports import work as work_module
from newsletters.audience.imports.forgetting import forget_rows
from newsletters.audience.imports.work import BATCH, work_on
from newsletters.audience.staff_actions.erase_address import erase_address
from newsletters.audience.tasks import restart_imports
from newsletters.models import ImportedRow, ImportPiece, ReaderImport, Subscriber, Subscription, Suppression
from tests.newsletters.audience.imports.importing import Importer
from tests.newsletters.audience.test_erasing import everything_stored
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

Status = ReaderImport.Status
MANY = "email\n" + "".join(f"r{number}@example.org\n" for number in range(3 * BATCH))


def after(batches: int) -> Any:
    """Return a `should_stop` that stops a worker after so many batches."""
    left = iter(range(batches))
    return lambda: next(left, None) is None


@pytest.mark.parametrize("stage", ["trial", "run", "undoing"])
def test_after_a_kill_the_work_goes_on_where_it_was(hub: Hub, importer: Importer, stage: str) -> None:
    made = importer.upload(MANY)
    importer.confirm(made)
    if stage != "trial":
        importer.work(made)
        importer.post(made, "start_import")
    if stage == "undoing":
        importer.work(made)
        importer.post(made, "undo_import")
    work_on(made.pk, language="en", should_stop=after(2), clock=timezone.now)
    made.refresh_from_db()
    assert made.is_at_work
    assert 0 < made.position < 3 * BATCH
    position = made.position
    assert not restart_imports()  # somebody may still be at it
    ReaderImport.objects.update(heard_at=timezone.now() - timedelta(seconds=200))
    page = importer.client.get(importer.page(made)).content.decode()
    assert "Nothing has been heard of this work since" in page
    assert restart_imports() == 1
    assert restart_imports() == 0
    made = importer.work(made)
    assert not made.is_at_work
    assert position
    if stage == "undoing":
        assert not Subscriber.objects.exists()
        assert made.counts["undone"] == 3 * BATCH
    else:
        assert made.counts == {"new": 3 * BATCH}
        assert Subscriber.objects.count() == (3 * BATCH if stage == "run" else 0)


def test_two_workers_at_once_do_everything_once(hub: Hub, importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    made = importer.try_out(MANY)
    importer.post(made, "start_import")
    real, calls = judging.judge, []

    def judge(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:  # another worker does all of it while this one stands at its first batch
            importer.work(ReaderImport.objects.get(pk=made.pk))
        return real(*arguments, **options)

    monkeypatch.setattr(work_module, "judge", judge)
    importer.work(made)
    made.refresh_from_db()
    assert made.status == Status.DONE
    assert made.counts == {"new": 3 * BATCH}
    assert Subscription.objects.count() == 3 * BATCH


def test_somebody_who_signs_up_at_the_same_moment_is_judged_again(
    hub: Hub, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = importer.try_out("email\nann@example.org\nbob@example.org\n")
    importer.post(made, "start_import")
    real, calls = applying.apply, []

    def apply(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise IntegrityError
        return real(*arguments, **options)

    monkeypatch.setattr(work_module, "apply", apply)
    made = importer.work(made)
    assert made.status == Status.DONE
    assert made.counts == {"new": 2}


def test_stopping_keeps_what_was_imported_and_that_can_be_undone(hub: Hub, importer: Importer) -> None:
    made = importer.try_out(MANY)
    importer.post(made, "start_import")
    work_on(made.pk, language="en", should_stop=after(2), clock=timezone.now)
    importer.post(made, "stop_import")
    made = importer.work(made)
    assert made.status == Status.FAILED
    assert Subscriber.objects.count() == BATCH
    page = importer.client.get(importer.page(made)).content.decode()
    assert "Somebody stopped it." in page
    assert not ImportPiece.objects.exists()
    importer.undo(made)
    assert not Subscriber.objects.exists()


def test_what_was_never_imported_is_thrown_away(hub: Hub, importer: Importer) -> None:
    made = importer.try_out("email\nann@example.org\n")
    answer = importer.post(made, "stop_import")
    assert answer["Location"] == reverse("newsletters_admin:imports")
    assert not ReaderImport.objects.exists()
    assert "ann@" not in everything_stored()


def test_buttons_pressed_twice_or_too_late_change_nothing(hub: Hub, importer: Importer) -> None:
    made = importer.upload("email\nann@example.org\n")
    importer.post(made, "start_import")  # its columns are not confirmed
    importer.post(made, "undo_import")
    made.refresh_from_db()
    assert made.status == Status.UPLOADED
    importer.confirm(made)
    importer.work(made)
    importer.post(made, "start_import")
    importer.post(made, "start_import")
    importer.work(made)
    importer.post(made, "start_import")
    importer.confirm_again(made)
    made.refresh_from_db()
    assert made.status == Status.DONE
    assert made.counts == {"new": 1}
    assert Subscription.objects.count() == 1


def test_who_is_erased_leaves_no_trace_in_any_import(hub: Hub, importer: Importer) -> None:
    (subscription,) = hub.subscribe("annabel")
    done = importer.run("email\nAnnabel@example.org\nbob@example.org\n")
    tried = importer.try_out("email,first name\nannabel@example.org,Annabel\n")
    uploaded = importer.upload("email\nannabel@example.org\n")
    erase_subscriber(subscription.subscriber, user=None, now=timezone.now())
    assert "annabel" not in everything_stored().lower()
    for made in (tried, uploaded):
        page = importer.client.get(importer.page(made)).content.decode()
        assert "Upload the file again." in page
    assert ImportedRow.objects.get(reader_import=done).email == "bob@example.org"
    again = importer.run("email\nannabel@example.org\n")
    assert again.counts == {"suppressed": 1}
    assert "annabel" not in everything_stored().lower()


def test_who_is_erased_while_being_imported_stays_erased(hub: Hub, importer: Importer) -> None:
    (subscription,) = hub.subscribe("annabel")
    made = importer.try_out(MANY + "annabel@example.org\n", changes_known="on")
    importer.post(made, "start_import")
    work_on(made.pk, language="en", should_stop=after(2), clock=timezone.now)
    erase_subscriber(subscription.subscriber, user=None, now=timezone.now())
    made = importer.work(made)
    assert made.counts == {"new": 3 * BATCH, "suppressed": 1}
    assert "annabel" not in everything_stored().lower()


def test_what_imports_keep_goes_after_its_time(hub: Hub, importer: Importer) -> None:
    done, never = importer.run("email\nann@example.org\n"), importer.try_out("email\nbob@example.org\n")
    keep_retention(now=timezone.now() + timedelta(days=8))
    assert not ReaderImport.objects.filter(pk=never.pk).exists()
    assert ImportedRow.objects.filter(reader_import=done).exists()
    keep_retention(now=timezone.now() + timedelta(days=31))
    assert not ImportedRow.objects.exists()
    page = importer.client.get(importer.page(done)).content.decode()
    assert "New reader" in page  # the numbers stay
    assert "Undo the import …" not in page


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.csv", "There is nothing in this file."),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "picture.csv", "This file is not a table."),
        (b"email,email\na@example.org,b@example.org\n", "doubled.csv", "Several columns have the same name"),
        (b"ann@example.org\nbob@example.org\n", "headless.csv", "The first row must hold the names of the columns."),
        (b"PK\x03\x04 broken", "broken.xlsx", "This file is damaged."),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(
    hub: Hub, importer: Importer, content: bytes, name: str, words: str
) -> None:
    answer = importer.client.post(
        reverse("newsletters_admin:imports"),
        {"newsletter": hub.newsletter.pk, "file": SimpleUploadedFile(name, content)},
    )
    assert words in answer.content.decode()
    assert not ReaderImport.objects.exists()


def test_a_file_that_is_too_large_is_refused(hub: Hub, importer: Importer, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"IMPORT_MOST_MEGABYTES": 0}
    answer = importer.client.post(
        reverse("newsletters_admin:imports"),
        {"newsletter": hub.newsletter.pk, "file": SimpleUploadedFile("list.csv", b"email\n")},
    )
    assert "This file is larger than 0 MB." in answer.content.decode()


def test_a_file_that_breaks_off_stops_with_words_and_imports_nothing(hub: Hub, importer: Importer) -> None:
    made = importer.try_out(MANY + "x" * 20_000)
    assert made.status == Status.FAILED
    page = importer.client.get(importer.page(made)).content.decode()
    assert "has a cell with more than" in page
    assert "New reader" not in page  # it looks as if it had been imported
    assert not Subscriber.objects.exists()


def test_a_file_without_rows_or_with_bad_rows_only(hub: Hub, importer: Importer) -> None:
    made = importer.try_out("email\n")
    page = importer.client.get(importer.page(made)).content.decode()
    assert "The file holds no rows below the names of its columns." in page
    assert "Import:" not in page
    made = importer.run("email\n" + "nonsense\n" * 10_000)
    assert made.counts == {"invalid": 10_000}
    assert made.status == Status.DONE


def test_the_form_says_what_is_missing(hub: Hub, importer: Importer) -> None:
    made = importer.upload("adres;naam\nann@example.org;Ann\n")
    page = importer.confirm(made, evidence="", basis="", themes=[], **{"column-0": "note"}).content.decode()
    assert "Say which column holds the e-mail addresses." in page
    assert page.count("This field is required.") == 2
    assert "Choose at least one theme." in page
    page = importer.confirm(made, **{"column-0": "email", "column-1": "email"}).content.decode()
    assert "Two columns are taken for “E-mail address”: choose one." in page
    page = importer.confirm(made, agreed_on=f"{timezone.localdate() + timedelta(days=1)}").content.decode()
    assert "This day is still to come." in page
    assert ReaderImport.objects.get().status == Status.UPLOADED


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["ann@example.org", "Ann@Example.org", "bob@example.org", "cas@example.org", "nonsense"]),
            st.sampled_from(["active", "unsubscribed", "bounced", "spam", "unconfirmed", ""]),
            st.sampled_from(["", "en", "nl", "xx"]),
        ),
        max_size=12,
    ),
    batch=st.integers(1, 5),
)
def test_whatever_the_rows_undoing_gives_back_what_was(hub: Hub, rows: list[tuple[str, str, str]], batch: int) -> None:
    ReaderImport.objects.all().delete()
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()
    hub.subscribe("bob")
    Suppression.add("cas@example.org", reason=Suppression.Reason.LEFT, now=hub.now)
    importer = Importer(hub, client_of(hub, "administrator"))
    text = "email,status,language\n" + "".join(f"{','.join(row)}\n" for row in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work_module, "BATCH", batch)
        made = importer.run(text)
        assert made.status == Status.DONE
        assert sum(made.counts.values()) == len(rows)
        careful = {row[0].lower() for row in rows if row[1] in {"unsubscribed", "bounced", "spam"}}
        active = Subscription.objects.filter(status="active", subscriber__mailbox__in=careful)
        assert not active.exists()  # whatever else a file says of somebody who left
        importer.undo(made)
    assert list(Subscription.objects.values_list("subscriber__email", "status")) == [("bob@example.org", "active")]
    assert Suppression.objects.count() == 1


def test_nobody_gets_to_a_foreign_import(hub: Hub, importer: Importer) -> None:
    assert importer.client.get(reverse("newsletters_admin:import", args=[12345])).status_code == 404
    made = importer.upload("email\nann@example.org\n")
    assert Client().get(importer.page(made)).status_code == 302  # to the login


def test_who_changed_their_address_after_an_import_is_erased_from_it_too(hub: Hub, importer: Importer) -> None:
    importer.run("email\nannabel@example.org\n")
    reader = Subscriber.objects.get()
    reader.email = "new@example.org"
    reader.save()
    erase_subscriber(reader, user=None, now=timezone.now())
    assert "annabel" not in everything_stored().lower()


def test_a_worker_that_comes_late_puts_nothing_back(
    hub: Hub, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = importer.try_out(MANY)
    importer.post(made, "start_import")
    real = ReaderImport.objects.select_related

    def select_related(*related: str) -> Any:
        monkeypatch.undo()
        stale = list(real(*related).filter(pk=made.pk))  # read before another worker does all of it
        importer.work(ReaderImport.objects.get(pk=made.pk))
        return real(*related).filter(pk__in=[each.pk for each in stale]) if not stale else _Stale(stale)

    monkeypatch.setattr(ReaderImport.objects, "select_related", select_related)
    work_on(made.pk, language="en", should_stop=lambda: False, clock=timezone.now)
    made.refresh_from_db()
    assert (made.status, made.position) == (Status.DONE, 3 * BATCH + 1)


class _Stale:
    """The answer of a query as it was before."""

    def __init__(self, rows: list[ReaderImport]) -> None:
        self._rows = rows

    def filter(self, **_conditions: Any) -> Any:
        return self

    def first(self) -> ReaderImport:
        return self._rows[0]


def test_a_fault_of_ours_stops_the_import_in_words(
    hub: Hub, importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = importer.try_out(MANY)
    importer.post(made, "start_import")
    monkeypatch.setattr(work_module, "apply", lambda *_all, **_named: 1 / 0)
    made = importer.work(made)
    assert made.status == Status.FAILED
    page = importer.client.get(importer.page(made)).content.decode()
    assert "Something went wrong after row 0." in page
    assert "Remove it from the list" in page
    importer.post(made, "stop_import")
    assert not ReaderImport.objects.exists()


@pytest.mark.parametrize(
    "row",
    [
        "ann@example.org,0001-01-01,",
        "ann@example.org,,nonsense-language",
        f"{'İ' * 170}@example.org,,",
    ],
    ids=["no date", "no language", "an address that grows"],
)
def test_odd_rows_are_invalid_and_stop_nothing(hub: Hub, importer: Importer, row: str) -> None:
    made = importer.run(f"email,consent at,language\n{row}\nbob@example.org,,\n")
    assert made.counts == {"invalid": 1, "new": 1}


def test_invalid_and_doubled_rows_keep_nobody_who_is_erased(hub: Hub, importer: Importer) -> None:
    rows = "email,language\nannabel@example.org,xx\nbob@example.org,en\n"
    importer.run(rows)
    (subscription,) = hub.subscribe("annabel")
    erase_subscriber(subscription.subscriber, user=None, now=timezone.now())
    assert "annabel" not in everything_stored().lower()
    importer.run(rows)
    importer.run("email\nannabel@example.org\nAnnabel@example.org\n")
    assert "annabel" not in everything_stored().lower()


def test_a_reader_who_was_kept_out_by_a_file_and_is_erased_then_is_not_remembered(hub: Hub, importer: Importer) -> None:
    Suppression.add("annabel@example.org", reason=Suppression.Reason.LEFT, now=hub.now)
    (subscription,) = hub.subscribe("annabel")
    erase_subscriber(subscription.subscriber, user=None, now=timezone.now())
    importer.run("email\nannabel@example.org\n")
    assert "annabel" not in everything_stored().lower()


def test_who_stands_in_a_file_only_can_be_erased(hub: Hub, importer: Importer) -> None:
    importer.run("email,status\nannabel@example.org,unconfirmed\n")
    assert erase_address("Annabel@example.org", now=timezone.now())
    assert "annabel" not in everything_stored().lower()
    assert Suppression.objects.of("annabel@example.org").exists()


def test_a_trial_is_forgotten_without_reading_it_and_no_other_import_with_it(
    importer: Importer, django_assert_num_queries: Any
) -> None:
    tried, other = (importer.try_out("email\nann@example.org\n") for _upload in range(2))
    assert tried.imported_rows.exists()
    with django_assert_num_queries(1):
        forget_rows(tried)
    assert (tried.imported_rows.exists(), other.imported_rows.exists()) == (False, True)
