"""`proof` and `erase`: the same as staff's pages, by command; and the journal that survives a restored backup."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.actions.change_address import (
    confirm_address_change,
    request_address_change,
    undo_address_change,
)
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.invite import is_known
from newsletters.audience.erased_journal import read_journal
from newsletters.audience.queries import audience
from newsletters.audience.staff_actions.suppress_subscriber import suppress_subscriber
from newsletters.models import SignUp, Subscriber, Subscription, Suppression
from tests.newsletters.audience.test_erasing import everything_stored
from tests.newsletters.building import Hub
from tests.newsletters.management.test_commands import printed


@pytest.fixture
def journal(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "erased"
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"ERASED_JOURNAL": str(path)}
    return path


def test_the_proof_is_printed_in_any_spelling_of_the_address(hub: Hub) -> None:
    hub.subscribe("annabel")
    data = json.loads(printed("proof", "ANNABEL@Example.org"))
    assert (data["email"], data["subscriptions"][0]["status"]) == ("annabel@example.org", "Active")
    page = printed("proof", "annabel@example.org", "--format=html")
    assert "<h1>What we keep about annabel@example.org" in page
    assert ", English, Data." in page
    entries = ModelLogEntry.objects.filter(action="hub_newsletters.take_out")
    assert [(entry.user, entry.data) for entry in entries] == [(None, {"by": "command"})] * 2
    assert "annabel" not in f"{[entry.label for entry in entries]}"


def test_the_proof_goes_to_a_new_file_that_only_its_owner_reads(hub: Hub, tmp_path: Path) -> None:
    hub.subscribe("annabel")
    file = tmp_path / "proof.json"
    assert printed("proof", "annabel@example.org", f"--out={file}") == ""
    assert json.loads(file.read_text())["first_name"] == "Annabel"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("proof", "annabel@example.org", f"--out={file}")


@pytest.mark.parametrize("command", ["proof", "erase"])
def test_an_address_that_nobody_has_is_an_error(hub: Hub, command: str) -> None:
    with pytest.raises(CommandError, match="has this address"):
        call_command(command, "nobody@example.org")


def test_erasing_asks_first(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.subscribe("annabel")
    monkeypatch.setattr("builtins.input", lambda _words: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase", "annabel@example.org")
    assert "A reader with 1 subscriptions" in printed("erase", "annabel@example.org", "--dry-run")
    assert Subscriber.objects.exists()
    monkeypatch.setattr("builtins.input", lambda _words: "yes")
    assert "Erased." in printed("erase", "Annabel@example.org")
    assert "annabel" not in everything_stored().lower()
    entry = ModelLogEntry.objects.get(action="hub_newsletters.erase")
    assert (entry.user, entry.data) == (None, {"by": "command"})


def test_who_only_asked_is_erased_and_suppressed_too(hub: Hub) -> None:
    hub.ask("hana")
    printed("erase", "hana@example.org", "--no-input")
    assert not SignUp.objects.exists()
    assert is_known("hana@example.org", newsletter=hub.newsletter)


def test_the_journal_holds_codes_and_nothing_without_its_setting(hub: Hub, journal: Path, settings: Any) -> None:
    ann, bob = hub.subscribe("annabel", "bob")
    erase_subscriber(ann.subscriber, user=None, now=hub.now)
    assert "annabel" not in journal.read_text()
    assert journal.stat().st_mode & 0o777 == 0o600
    assert set(read_journal().erased) == {Suppression.objects.get().digest}
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"ERASED_JOURNAL": ""}
    erase_subscriber(bob.subscriber, user=None, now=hub.now)
    assert len(journal.read_text().splitlines()) == 1


def test_a_journal_that_cannot_be_written_erases_nobody(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    journal.mkdir()
    with pytest.raises(OSError, match="erased"):
        erase_subscriber(ann.subscriber, user=None, now=hub.now)
    assert Subscriber.objects.exists()
    with pytest.raises(CommandError, match="erased"):
        call_command("erase", "--from-journal")


def test_after_a_restore_those_who_were_erased_are_erased_again(hub: Hub, journal: Path) -> None:
    for name in ("annabel", "cem"):
        (subscription,) = hub.subscribe(name)
        erase_subscriber(subscription.subscriber, user=None, now=timezone.now())
    with journal.open("a") as file:
        file.write('{"at": "2026-')  # the machine stopped here
    Suppression.objects.all().delete()  # the backup is older
    hub.subscribe("annabel", "bob")
    Subscriber.objects.update(created_at=timezone.now() - timedelta(days=9))
    hub.subscribe("cem")  # came back since
    assert "1 people in the database would be erased, 0 would be unsubscribed" in printed(
        "erase", "--from-journal", "--dry-run"
    )
    assert Subscriber.objects.count() == 3
    for _time in range(2):
        printed("erase", "--from-journal")
        assert [reader.email for reader in Subscriber.objects.order_by("email")] == [
            "bob@example.org",
            "cem@example.org",
        ]
        assert is_known("annabel@example.org", newsletter=hub.newsletter)
        assert not Suppression.objects.of("cem@example.org").exists()


def test_after_a_restore_who_asked_for_no_mail_is_not_erased_and_gets_none(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    suppress_subscriber(ann.subscriber, user=hub.users["administrator"], now=timezone.now())
    assert "annabel" not in journal.read_text()
    Suppression.objects.all().delete()  # the backup is older
    Subscription.objects.update(status=Subscription.Status.ACTIVE, status_changed_at=hub.now)
    Subscriber.objects.update(created_at=hub.now)
    hub.ask("annabel")
    SignUp.objects.update(requested_at=hub.now)
    wanted = "0 people in the database would be erased, 1 would be unsubscribed"
    assert wanted in printed("erase", "--from-journal", "--dry-run")
    assert audience(hub.newsletter).exists()
    for _time in range(2):
        printed("erase", "--from-journal")
        assert Subscription.objects.get().status == Subscription.Status.ENDED
        assert Suppression.objects.get().reason == Suppression.Reason.ASKED
        assert not SignUp.objects.exists()
    assert "0 people in the database were erased, 0 were" in printed("erase", "--from-journal")


def test_who_came_back_after_they_asked_for_no_mail_stays(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    Subscriber.objects.update(created_at=hub.now)
    suppress_subscriber(ann.subscriber, user=hub.users["administrator"], now=hub.now)
    confirm_sign_up(hub.ask("annabel"), wording="", now=timezone.now() + timedelta(seconds=1))
    printed("erase", "--from-journal")
    assert audience(hub.newsletter).exists()
    assert not Suppression.objects.exists()


def move(hub: Hub, ann: Subscriber, email: str) -> None:
    asked = request_address_change(
        ann, email=email, newsletter=hub.newsletter, locale=hub.locales["en"], now=timezone.now()
    )
    assert confirm_address_change(asked, now=timezone.now())


def restore_old_copy(email: str, *, hub: Hub) -> None:
    """Bring the reader back as they were before their address was changed."""
    Suppression.objects.all().delete()
    SignUp.objects.all().delete()
    Subscriber.objects.all().delete()
    hub.subscribe(email.partition("@")[0])
    Subscriber.objects.update(created_at=hub.now, address_changed_at=None)
    Subscription.objects.update(status_changed_at=hub.now)


def test_after_a_restore_nobody_is_mailed_at_their_former_address(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    move(hub, ann.subscriber, "ann@example.net")
    assert "ann" not in journal.read_text()
    restore_old_copy("annabel@example.org", hub=hub)
    printed("erase", "--from-journal")
    assert Subscriber.objects.get().email == "annabel@example.org"
    assert not audience(hub.newsletter).exists()
    assert is_known("annabel@example.org", newsletter=hub.newsletter)


def test_who_brought_their_address_back_stays(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    move(hub, ann.subscriber, "ann@example.net")
    assert undo_address_change(SignUp.objects.get(kind=SignUp.Kind.UNDO), now=timezone.now())
    restore_old_copy("annabel@example.org", hub=hub)
    printed("erase", "--from-journal")
    assert audience(hub.newsletter).exists()
    assert Suppression.objects.of("ann@example.net").exists()


def test_who_was_erased_is_erased_at_every_former_address(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    for email in ("ann@example.net", "ann@example.com"):
        move(hub, ann.subscriber, email)
    SignUp.objects.all().delete()  # former addresses are forgotten after some days
    erase_subscriber(Subscriber.objects.get(), user=None, now=timezone.now())
    restore_old_copy("annabel@example.org", hub=hub)
    assert "1 people in the database were erased" in printed("erase", "--from-journal")
    assert not Subscriber.objects.exists()
    assert Suppression.objects.of("annabel@example.org").get().reason == Suppression.Reason.ERASED


def test_a_journal_that_cannot_be_written_changes_nothing(hub: Hub, journal: Path) -> None:
    (ann,) = hub.subscribe("annabel")
    journal.mkdir()
    with pytest.raises(OSError, match="erased"):
        suppress_subscriber(ann.subscriber, user=hub.users["administrator"], now=hub.now)
    with pytest.raises(OSError, match="erased"):
        move(hub, ann.subscriber, "ann@example.net")
    assert audience(hub.newsletter).get().subscriber.email == "annabel@example.org"


def test_a_damaged_journal_is_not_passed_over(hub: Hub, journal: Path) -> None:
    journal.write_text('{"at": "yesterday"}\n')
    with pytest.raises(CommandError, match="erased"):
        call_command("erase", "--from-journal")


def test_without_the_setting_there_is_no_journal_to_read(hub: Hub) -> None:
    with pytest.raises(CommandError, match="HUB_ERASED_JOURNAL is not set"):
        call_command("erase", "--from-journal")
