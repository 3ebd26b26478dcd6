"""Staff import a file: look at its columns, try it out, import it, look at what became of it, undo it."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.models import (
    ConsentEvent,
    ConsentSource,
    ImportedRow,
    ImportPiece,
    Newsletter,
    PersonNote,
    ReaderImport,
    Subscriber,
    Subscription,
    Suppression,
)
from newsletters.testing import FakeTransport
from tests.newsletters.audience.importing import providers
from tests.newsletters.audience.imports.importing import GROUND, Importer
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

Status = ReaderImport.Status

LIST = (
    "Email;Voornaam;Taal;Thema's;Status\n"
    "new@example.org;Noa;Nederlands;Data;actief\n"
    "knows@example.org;Kees;nl;Power;actief\n"
    "left@example.org;Lea;;;actief\n"
    "erased@example.org;Ezra;;;actief\n"
    "goodbye@example.org;Gia;;;afgemeld\n"
    "reader@example.org;Rik;;;uitgeschreven\n"
    "not an address;;;;\n"
    "NEW@example.org;Noa;;;actief\n"
    "never@example.org;;;;onbevestigd\n"
)
FATES = ["new", "known", "left", "suppressed", "kept_out", "ended", "invalid", "doubled", "no_ground"]


@pytest.fixture
def people(hub: Hub) -> None:
    """Who was here before the file: a reader, one who left, one who was erased, and one who left elsewhere."""
    hub.subscribe("knows", "reader")
    hub.subscribe("left", status=Subscription.Status.ENDED)
    Suppression.add("erased@example.org", reason=Suppression.Reason.ERASED, now=hub.now)


def everybody() -> dict[str, tuple[str, str, str]]:
    """Return the state, language and themes of each subscription, by address."""
    found = Subscription.objects.select_related("subscriber", "locale", "theme_set")
    return {each.subscriber.email: (each.status, each.locale.language_code, each.theme_set.key) for each in found}


def test_a_trial_says_what_becomes_of_each_row_and_changes_nothing(hub: Hub, importer: Importer, people: None) -> None:
    before = everybody()
    made = importer.upload(LIST)
    page = importer.client.get(importer.page(made)).content.decode()
    assert "new@example.org" in page  # the first rows are shown beneath the columns
    assert "semicolon" in page
    importer.confirm(made)
    made.refresh_from_db()
    assert made.status == Status.CHECKING
    assert "Being tried out" in importer.client.get(importer.page(made)).content.decode()
    importer.work(made)
    assert made.status == Status.CHECKED
    assert list(ImportedRow.objects.order_by("number").values_list("fate", flat=True)) == FATES
    assert made.counts == dict.fromkeys(FATES, 1)
    assert everybody() == before
    assert not ConsentEvent.objects.exists()
    page = importer.client.get(importer.page(made)).content.decode()
    does = "Import: 1 new reader, 1 gets no more mail, 1 will never be mailed"
    assert does in " ".join(page.split())
    assert "“not an address” is not a valid e-mail address." in page


def test_an_import_does_what_its_trial_said(
    hub: Hub, importer: Importer, people: None, transport: FakeTransport
) -> None:
    made = importer.run(LIST)
    assert made.status == Status.DONE
    assert made.counts == dict.fromkeys(FATES, 1)
    assert everybody() == {
        "new@example.org": ("active", "nl", "data"),
        "knows@example.org": ("active", "en", "data"),
        "left@example.org": ("ended", "en", "data"),
        "reader@example.org": ("ended", "en", "data"),
    }
    assert Subscriber.objects.get(email="new@example.org").first_name == "Noa"
    assert Suppression.objects.of("goodbye@example.org").get().reason == "left"
    assert not ImportPiece.objects.exists()  # the file is not needed any more
    event = ConsentEvent.objects.get(kind="imported")
    assert (event.source, event.note, event.language) == ("import", GROUND["evidence"], "nl")
    assert (event.user, event.reader_import) == (hub.users["administrator"], made)
    assert event.agreed_at
    assert f"{event.agreed_at:%Y-%m-%d}" == GROUND["agreed_on"]
    assert event.wording == ""  # nobody was shown any here
    assert not transport.recipients  # nobody gets a mail because of a file
    logged = ModelLogEntry.objects.get(action="hub_newsletters.import")
    assert (logged.user, logged.data) == (hub.users["administrator"], {"rows": 9})
    assert "example.org" not in f"{logged.data}{logged.label}"


def test_who_left_bounced_or_complained_elsewhere_never_gets_mail(hub: Hub, importer: Importer) -> None:
    importer.run(providers.MAILCHIMP_UNSUBSCRIBED, name="unsubscribed_members_export_1.csv")
    importer.run(providers.MAILCHIMP_CLEANED, name="cleaned_members_export_1.csv")
    assert not Subscriber.objects.exists()
    reasons = {name: Suppression.objects.of(f"{name}@example.org").get().reason for name in ("bob", "cas", "dee")}
    assert reasons == {"bob": "left", "cas": "complained", "dee": "bounced"}
    again = importer.run("email\nbob@example.org\ncas@example.org\ndee@example.org\n")
    assert again.counts == {"suppressed": 3}
    assert not Subscriber.objects.exists()


def test_exports_of_other_programs_are_read_as_they_are(hub: Hub, importer: Importer) -> None:
    mailchimp = importer.run(providers.MAILCHIMP_SUBSCRIBED, name="subscribed_members_export_1.csv", agreed_on="")
    assert mailchimp.counts == {"new": 1}
    event = ConsentEvent.objects.get()
    assert event.agreed_at
    assert f"{event.agreed_at:%Y-%m-%d}" == "2023-04-21"  # the file's own day
    assert "met at the fair" in event.note
    laposta = importer.try_out(providers.LAPOSTA)
    assert laposta.counts == {"known": 1, "kept_out": 2, "no_ground": 1}
    listmonk = importer.try_out(providers.LISTMONK)
    assert listmonk.counts == {"known": 1, "kept_out": 2}


def test_who_comes_back_after_leaving_elsewhere_stays(hub: Hub, importer: Importer) -> None:
    (bob,) = hub.subscribe("bob")
    # He confirmed here, long after the file says that he left there.
    ConsentEvent.add(bob, kind=ConsentEvent.Kind.CONFIRMED, source=ConsentSource.CONFIRMATION, now=hub.now)
    made = importer.run("email,unsubscribed at\nbob@example.org,2019-01-01\n")
    assert made.counts == {"known": 1}
    assert everybody()["bob@example.org"][0] == "active"
    made = importer.run("email,status\nbob@example.org,unsubscribed\n")  # nobody knows when: nobody is mailed
    assert made.counts == {"ended": 1}


def test_the_most_careful_row_about_somebody_counts_wherever_it_stands(hub: Hub, importer: Importer) -> None:
    rows = ["email,status", "ann@example.org,active", "bob@example.org,unsubscribed"]
    rows += [f"r{number}@example.org,active" for number in range(600)]  # more than one batch
    rows += ["Ann@Example.org,unsubscribed", "bob@example.org,active", "cas@example.org,active", "cas@example.org,spam"]
    text = "\n".join(rows)
    trial = importer.try_out(text)
    expected = {"new": 601, "kept_out": 2, "ended": 1, "doubled": 2}
    assert trial.counts == expected
    importer.post(trial, "start_import")
    assert importer.work(trial).counts == expected
    assert everybody()["ann@example.org"][0] == "ended"
    assert Suppression.objects.of("cas@example.org").get().reason == "complained"
    importer.undo(trial)
    assert everybody() == {}
    assert not Suppression.objects.exists()


def test_names_and_choices_of_readers_are_replaced_only_if_staff_say_so(hub: Hub, importer: Importer) -> None:
    hub.subscribe("ann")
    text = "email,first name,language,themes\nann@example.org,Anna,nl,Power; Fish\n"
    assert importer.run(text).counts == {"known": 1}
    made = importer.run(text, changes_known="on")
    assert made.counts == {"changed": 1}
    assert everybody()["ann@example.org"] == ("active", "nl", "power")
    assert Subscriber.objects.get().first_name == "Anna"
    assert ImportedRow.objects.get(reader_import=made).reasons == "There is no theme “Fish”."
    importer.undo(made)
    assert everybody()["ann@example.org"] == ("active", "en", "data")
    assert Subscriber.objects.get().first_name == "Ann"
    assert list(ConsentEvent.objects.values_list("kind", "source")) == [("changed", "import")] * 2


def test_an_existing_relation_needs_no_day_and_is_booked_as_what_it_is(hub: Hub, importer: Importer) -> None:
    text = "email\nann@example.org\n"
    assert importer.try_out(text, agreed_on="").counts == {"no_ground": 1}
    importer.run(text, agreed_on="", basis="relation", evidence="member since 2020")
    assert Subscription.objects.get().basis == Subscription.Basis.RELATION


def test_the_report_names_each_row_and_the_audit_log_who_took_it(hub: Hub, importer: Importer, people: None) -> None:
    made = importer.run(LIST + "=cmd@example.org;;;;\n")
    answer: Any = importer.client.get(reverse("newsletters_admin:import_report", args=[made.pk]))
    lines = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == [f"{number}" for number in range(2, 12)]
    assert lines[1][1:] == ["new@example.org", "New reader", ""]
    assert lines[4][1] == ""  # somebody who was erased
    assert lines[7][1:] == [
        "not an address",
        "Cannot be read: left out",
        "“not an address” is not a valid e-mail address.",
    ]
    assert lines[10][1].startswith("'=")  # no cell is run as a formula
    assert ModelLogEntry.objects.filter(action="hub_newsletters.report_import").count() == 1


def test_undoing_takes_back_everything_that_nobody_changed_since(hub: Hub, importer: Importer, people: None) -> None:
    before = everybody()
    made = importer.run(LIST + "stays@example.org;;;;actief\n")
    page = importer.client.get(reverse("newsletters_admin:undo_import", args=[made.pk])).content.decode()
    assert "Yes, undo the import" in page
    stays = Subscription.objects.get(subscriber__email="stays@example.org")
    ConsentEvent.add(stays, kind=ConsentEvent.Kind.CHANGED, source=ConsentSource.PREFERENCES, now=timezone.now())
    made = importer.undo(made)
    assert made.status == Status.UNDONE
    assert everybody() == before | {"stays@example.org": ("active", "en", "data")}
    assert not Subscriber.objects.filter(email="new@example.org").exists()
    assert not Suppression.objects.of("goodbye@example.org").exists()
    assert Suppression.objects.of("erased@example.org").exists()
    assert (made.counts["undone"], made.counts["kept"]) == (3, 1)
    page = importer.client.get(importer.page(made)).content.decode()
    assert "1 row stays as it is" in page
    assert "What became of them before the import was undone" in page
    assert "What becomes of" not in page
    answer: Any = importer.client.get(reverse("newsletters_admin:import_report", args=[made.pk]))
    assert b"What became of it before the import was undone" in b"".join(answer.streaming_content)
    assert "Undo the import …" not in page
    importer.post(made, "undo_import")  # a second time changes nothing
    made.refresh_from_db()
    assert made.status == Status.UNDONE


def test_who_is_removed_gets_nothing_of_an_issue_that_is_being_sent(
    hub: Hub, importer: Importer, transport: FakeTransport, work: object
) -> None:
    hub.subscribe("bob")
    made = importer.run("email\nann@example.org\n")
    dispatch = hub.start()
    importer.undo(made)
    assert callable(work)
    work(dispatch, transport)
    assert transport.recipients == ["bob@example.org"]


def test_the_columns_can_be_changed_after_a_trial(hub: Hub, importer: Importer) -> None:
    made = importer.try_out("contact,roepnaam\nann@example.org,Ann\n", **{"column-0": "email", "column-1": ""})
    assert made.counts == {"new": 1}
    importer.confirm(made, **{"column-1": "first_name"})
    importer.work(made)
    importer.post(made, "start_import")
    importer.work(made)
    assert Subscriber.objects.get().first_name == "Ann"


def test_a_wrong_guess_of_the_encoding_is_mended_by_hand(hub: Hub, importer: Importer) -> None:
    made = importer.upload("email,first name\nzoe@example.org,Zoë\n".encode())
    as_latin = importer.client.get(f"{importer.page(made)}?columns=1&encoding=cp1252&separator=,").content.decode()
    assert "ZoÃ«" in as_latin
    importer.confirm(made, encoding="utf-8", separator=",")
    importer.work(made)
    importer.post(made, "start_import")
    importer.work(made)
    assert Subscriber.objects.get().first_name == "Zoë"


def test_only_who_has_the_right_imports(hub: Hub, importer: Importer) -> None:
    made = importer.try_out("email\nann@example.org\n")
    editor = client_of(hub, "editor", "change_subscription")
    for name in ("imports", "import", "undo_import", "import_report"):
        address = reverse(f"newsletters_admin:{name}", args=[] if name == "imports" else [made.pk])
        assert editor.get(address).status_code in {302, 403}
    for name in ("start_import", "undo_import", "stop_import", "import"):
        answer = editor.post(reverse(f"newsletters_admin:{name}", args=[made.pk]))
        assert answer.status_code in {302, 403}
    made.refresh_from_db()
    assert made.status == Status.CHECKED
    allowed = client_of(hub, "editor", "import_subscription")
    assert allowed.get(importer.page(made)).status_code == 200
    listing = client_of(hub, "administrator").get(reverse("subscriptions:index")).content.decode()
    assert "Import readers" in listing


def test_an_export_names_the_day_on_which_an_imported_reader_agreed(hub: Hub, importer: Importer) -> None:
    importer.run("email,consent at\nann@example.org,2023-04-21 11:16\n")
    wanted = {"newsletter": hub.newsletter.pk, "status": "", "kind": "csv", "why": "a test"}
    answer: Any = importer.client.post(reverse("newsletters_admin:export"), wanted)
    (_header, ann) = csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert ann[-1].startswith("2023-04-21T")


def test_who_left_the_old_list_after_its_readers_were_exported_is_not_mailed(hub: Hub, importer: Importer) -> None:
    importer.run("email,consent at\nann@example.org,2023-01-01\n")  # exported, and then she left there
    made = importer.run("email,unsubscribed at\nann@example.org,2024-06-01\n")
    assert made.counts == {"ended": 1}
    assert everybody()["ann@example.org"][0] == "ended"


def test_who_complained_about_another_newsletter_is_not_imported(hub: Hub, importer: Importer) -> None:
    hub.subscribe("ann", status=Subscription.Status.COMPLAINED)
    other = Newsletter.objects.create(
        name="Other", slug="other", sender_email="other@hub.test", reply_to="other@hub.test"
    )
    Subscription.objects.update(newsletter=other)
    made = importer.run("email\nann@example.org\n")
    assert made.counts == {"left": 1}


def test_a_leaver_is_kept_out_whatever_else_the_row_says(hub: Hub, importer: Importer) -> None:
    made = importer.run("email,status,unsubscribed at\nann@example.org,3,2024-01-02\n")
    assert made.counts == {"kept_out": 1}


@pytest.mark.parametrize("status", Subscription.SET_ASIDE)
def test_who_was_set_aside_here_and_left_elsewhere_has_left(
    hub: Hub, importer: Importer, status: Subscription.Status
) -> None:
    (bob,) = hub.subscribe("bob", status=status)
    made = importer.run("email,status\nbob@example.org,unsubscribed\n")
    assert made.counts == {"ended": 1}
    assert everybody()["bob@example.org"][0] == "ended"
    importer.undo(made)
    since = bob.status_changed_at
    bob.refresh_from_db()
    assert (bob.status, bob.status_changed_at) == (status, since)
    assert list(ConsentEvent.objects.values_list("kind", flat=True)) == ["set_aside", "withdrawn"]


def test_who_was_set_aside_stays_so_if_they_came_here_after_leaving_elsewhere(hub: Hub, importer: Importer) -> None:
    confirm_sign_up(hub.ask("bob"), wording="", now=timezone.now())
    Subscription.objects.update(status=Subscription.Status.BOUNCED)
    text = "email,unsubscribed at\nbob@example.org,2020-06-01\n"
    assert importer.run(text).counts == {"left": 1}
    assert everybody()["bob@example.org"][0] == "bounced"


def test_undoing_brings_nobody_back_who_said_the_same_since(hub: Hub, importer: Importer) -> None:
    bob, _cas = hub.subscribe("bob", "cas")
    made = importer.run("email,status\nbob@example.org,unsubscribed\ncas@example.org,unsubscribed\n")
    bob.refresh_from_db()
    unsubscribe(bob, source=ConsentSource.ONE_CLICK, now=timezone.now())
    Suppression.add("cas@example.org", reason=Suppression.Reason.ASKED, now=timezone.now())
    made = importer.undo(made)
    assert {each[0] for each in everybody().values()} == {"ended"}
    assert Suppression.objects.count() == 1


def test_undoing_takes_nobody_off_the_list_whom_another_file_or_staff_put_there(hub: Hub, importer: Importer) -> None:
    left = "email,status\nann@example.org,unsubscribed\nbob@example.org,unsubscribed\n"
    first = importer.run(left)
    importer.run("email,status\nann@example.org,unsubscribed\n")
    Suppression.objects.of("bob@example.org").update(reason=Suppression.Reason.ASKED, at=timezone.now())
    first = importer.undo(first)
    assert (first.counts.get("undone", 0), first.counts["kept"]) == (0, 2)
    assert Suppression.objects.count() == 2


def test_undoing_is_offered_only_for_a_file_that_changed_something(hub: Hub, importer: Importer) -> None:
    left = "email,status\nann@example.org,unsubscribed\n"
    first, second = importer.run(left), importer.run(left)
    assert second.counts == {"suppressed": 1}
    assert "Undo the import …" in importer.client.get(importer.page(first)).content.decode()
    assert "Undo the import …" not in importer.client.get(importer.page(second)).content.decode()
    importer.post(second, "undo_import")
    second.refresh_from_db()
    assert second.status == Status.DONE


def test_once_every_file_is_undone_that_said_so_nobody_is_kept_out(hub: Hub, importer: Importer) -> None:
    left = "email,status\nann@example.org,unsubscribed\n"
    first, second, third = (importer.run(left) for _number in range(3))
    importer.undo(first)
    importer.undo(second)
    assert Suppression.objects.count() == 1
    assert importer.undo(third).status == Status.UNDONE
    assert not Suppression.objects.exists()


def test_undoing_keeps_names_that_readers_changed_and_notes(hub: Hub, importer: Importer) -> None:
    hub.subscribe("ann")
    made = importer.run(
        "email,first name\nann@example.org,Anna\nbob@example.org,Bob\ncas@example.org,Cas\n", changes_known="on"
    )
    Subscriber.objects.filter(email="ann@example.org").update(first_name="Annie")
    Subscriber.objects.filter(email="bob@example.org").update(first_name="Bobby")
    PersonNote.objects.create(subscriber=Subscriber.objects.get(email="cas@example.org"), text="called", at=hub.now)
    made = importer.undo(made)
    assert set(Subscriber.objects.values_list("first_name", flat=True)) == {"Annie", "Bobby", "Cas"}
    assert made.counts["kept"] == 3


def test_whoever_undoes_stands_in_the_ledger(hub: Hub, importer: Importer) -> None:
    hub.subscribe("bob")
    made = importer.run("email,status\nbob@example.org,unsubscribed\n")
    other = Importer(hub, client_of(hub, "editor", "import_subscription"))
    other.undo(made)
    assert ConsentEvent.objects.get(kind="restored").user == hub.users["editor"]


def test_who_may_only_import_cannot_change_readers(hub: Hub, importer: Importer) -> None:
    hub.subscribe("ann")
    other = Importer(hub, client_of(hub, "editor", "import_subscription"))
    made = other.run("email,first name\nann@example.org,Anna\n", changes_known="on")
    assert made.counts == {"known": 1}


def test_members_never_agreed_so_no_day_is_booked_or_exported(hub: Hub, importer: Importer) -> None:
    importer.run("email,consent at\nann@example.org,2023-01-01\n", basis="relation", evidence="member")
    assert ConsentEvent.objects.get().agreed_at is None
    wanted = {"newsletter": hub.newsletter.pk, "status": "", "kind": "csv", "why": "a test"}
    answer: Any = importer.client.post(reverse("newsletters_admin:export"), wanted)
    (_header, ann) = csv.reader(StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert ann[-1] == ""


def test_a_member_who_confirms_has_agreed_from_then_on(hub: Hub, importer: Importer) -> None:
    importer.run("email\nann@example.org\n", basis="relation", evidence="member")
    assert confirm_sign_up(hub.ask("ann"), wording="Yes.", now=timezone.now())
    assert Subscription.objects.get().basis == Subscription.Basis.CONSENT


def test_a_readers_data_name_the_rows_of_files_that_were_about_them(hub: Hub, importer: Importer) -> None:
    hub.subscribe("ann")
    importer.run(
        "email,first name\nann@example.org,Anna\nbob@example.org,Bob\n", changes_known="on", name="members.csv"
    )
    ann = Subscriber.objects.get(email="ann@example.org")
    Subscriber.objects.filter(pk=ann.pk).update(email="new@example.org", mailbox="new@example.org")
    pages = [
        importer.client.get(reverse("newsletters_admin:proof", args=[ann.pk, kind])).content.decode()
        for kind in ("json", "html")
    ]
    (row,) = json.loads(pages[0])["imports"]
    assert (row["file"], row["row"], row["email"]) == ("members.csv", 2, "ann@example.org")
    assert (row["first_name"], row["first_name_before"]) == ("Anna", "Ann")
    assert "Reader already; name or choices are replaced" in row["fate"]
    for words in ("Rows of imported files", "members.csv", "First name before: Ann"):
        assert words in pages[1]
