"""What comes back by mail ends in the reader's state: from the mail that was sent to the subscription."""

from __future__ import annotations

import io
import os
import re
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone

from newsletters.checks import check_settings
from newsletters.management.commands import bounces
from newsletters.management.commands.bounces import _receive
from newsletters.models import Delivery, SignUp, Subscription
from newsletters.results.actions.heed_refusals import heed_refusals
from newsletters.results.actions.record_report import Heard
from newsletters.results.read_bounces import read_mail
from newsletters.tasks import read_bounces
from newsletters.testing import FakeTransport, Handover
from newsletters.values.return_path import make_return_path
from tests.newsletters.building import Hub

Status = Subscription.Status
HARD = "550 5.1.1 <ann@example.org>: user unknown"


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {
        "BOUNCE_ADDRESS": "bounces@hub.test",
        "UNSUBSCRIBE_ADDRESS": "leave@hub.test",
    }


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is in the test's transaction."""
    monkeypatch.setattr(bounces, "close_old_connections", lambda: None)


@pytest.fixture
def sent(hub: Hub, transport: FakeTransport, work: Any) -> dict[str, Handover]:
    """The mails that Ann and Bob were sent."""
    hub.subscribe("ann", "bob")
    work(hub.start(), transport)
    return {handover.recipient.partition("@")[0]: handover for handover in transport.handovers}


def dsn(mail: Handover, *, to: str, diagnostic: str = HARD, action: str = "failed") -> bytes:
    """Return what a mail server writes back about this mail (RFC 3464)."""
    status = diagnostic.split()[1]
    head = mail.data.partition(b"\r\n\r\n")[0].decode()
    return (
        f"From: MAILER-DAEMON@mx.example.org\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {mail.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnostic}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n\r\n--b--\r\n"
    ).encode()


def status_of(name: str) -> str:
    heed_refusals(now=timezone.now())
    return Subscription.objects.get(subscriber__email=f"{name}@example.org").status


def test_each_mail_has_a_return_path_of_its_own(sent: dict[str, Handover]) -> None:
    senders = {name: handover.sender for name, handover in sent.items()}
    assert len(set(senders.values())) == 2
    assert all(re.fullmatch(r"bounces\+[0-9a-z-]+@hub\.test", sender) for sender in senders.values())
    from_header = {message_from_bytes(handover.data, policy=SMTP)["From"] for handover in sent.values()}
    assert from_header == {"Innovation Hub <letter@hub.test>"}


def test_a_bounce_sets_its_reader_aside_and_nobody_else(sent: dict[str, Handover]) -> None:
    back = dsn(sent["ann"], to=sent["ann"].sender)
    assert read_mail(back, now=timezone.now()) is Heard.RECORDED
    assert read_mail(back, now=timezone.now()) is Heard.NOTHING  # the same once more
    delivery = Delivery.objects.get(subscription__subscriber__email="ann@example.org")
    assert (delivery.status, delivery.bounce_class) == ("bounced", "hard")
    assert (status_of("ann"), status_of("bob")) == (Status.BOUNCED, Status.ACTIVE)


@pytest.mark.parametrize(
    ("diagnostic", "action"),
    [("452 4.2.2 mailbox full", "delayed"), ("550 5.7.1 refused by policy", "failed"), ("552 5.2.2 full", "failed")],
)
def test_a_delay_and_what_may_pass_leave_the_reader_alone(
    sent: dict[str, Handover], diagnostic: str, action: str
) -> None:
    read_mail(dsn(sent["ann"], to=sent["ann"].sender, diagnostic=diagnostic, action=action), now=timezone.now())
    assert status_of("ann") == Status.ACTIVE


def test_a_forged_bounce_sets_nobody_aside(sent: dict[str, Handover]) -> None:
    """Bob got a mail, and tries to have Ann's mails stopped."""
    anns = Delivery.objects.get(subscription__subscriber__email="ann@example.org")
    bobs = Delivery.objects.get(subscription__subscriber__email="bob@example.org")
    data = sent["bob"].data.replace(bobs.message_id.encode(), anns.message_id.encode())
    data = re.sub(rb"List-Unsubscribe: [^\r]*\r\n", b"", data)
    forged = Handover(recipient="ann@example.org", sender="", data=data, outcome=sent["bob"].outcome)
    token = make_return_path(base="bounces@hub.test", delivery_pk=anns.pk)
    altered = token.replace("@", "0@") if token[-10] != "0" else token.replace("@", "1@")
    for to in ("bounces@hub.test", altered, sent["bob"].sender.replace(f"+{bobs.pk}-", f"+{anns.pk}-")):
        read_mail(dsn(forged, to=to), now=timezone.now())
    assert status_of("ann") == Status.ACTIVE
    assert Delivery.objects.get(pk=anns.pk).bounce_class == ""  # not even after several issues
    stranger = Handover(recipient="eve@example.org", sender="", data=data, outcome=sent["bob"].outcome)
    assert read_mail(dsn(stranger, to="bounces@hub.test"), now=timezone.now()) is Heard.NOT_OURS


def mail(*, to: str, sender: str, subject: str = "unsubscribe") -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content("")
    return message.as_bytes()


def test_the_address_for_unsubscribing_ends_the_subscription_of_its_mail(sent: dict[str, Handover]) -> None:
    headers = message_from_bytes(sent["ann"].data, policy=SMTP)["List-Unsubscribe"]
    found = re.search(r"<mailto:(leave\+[^?]+)\?subject=unsubscribe>", headers.replace("\r\n", ""))
    assert found
    assert (
        read_mail(mail(to=found[1], sender="Ann's other address <a@example.org>"), now=timezone.now()) is Heard.RECORDED
    )
    assert (status_of("ann"), status_of("bob")) == (Status.ENDED, Status.ACTIVE)
    event = Subscription.objects.get(subscriber__email="ann@example.org").consent_events.get()
    assert (event.kind, event.source) == ("withdrawn", "mail")


def test_who_writes_to_the_plain_address_is_asked_because_a_sender_can_be_forged(sent: dict[str, Handover]) -> None:
    assert read_mail(mail(to="leave@hub.test", sender="ann@example.org"), now=timezone.now()) is Heard.RECORDED
    assert status_of("ann") == Status.ACTIVE
    assert SignUp.objects.get().kind == SignUp.Kind.LINK  # a mail with the link to leave
    assert read_mail(mail(to="leave@hub.test", sender="eve@example.org"), now=timezone.now()) is Heard.NOT_OURS


def reply(*, sender: str, words: str) -> bytes:
    return f"From: {sender}\r\nTo: letter@hub.test\r\nSubject: Re: News\r\n\r\n{words}\r\n".encode()


def test_who_asks_in_words_to_leave_is_mailed_the_link_because_a_sender_can_be_forged(
    sent: dict[str, Handover],
) -> None:
    assert (
        read_mail(reply(sender="Ann <ANN@example.org>", words="Graag afmelden"), now=timezone.now()) is Heard.RECORDED
    )
    assert status_of("ann") == Status.ACTIVE
    asked = SignUp.objects.get()
    assert (asked.kind, asked.email) == (SignUp.Kind.LINK, "ann@example.org")


def test_a_stranger_who_asks_in_words_to_leave_is_for_a_person(sent: dict[str, Handover]) -> None:
    words = reply(sender="eve@example.org", words="Please remove me")
    assert read_mail(words, now=timezone.now()) is Heard.FOR_A_PERSON
    assert not SignUp.objects.exists()


def test_a_persons_words_stay_for_a_person(sent: dict[str, Handover]) -> None:
    words = mail(to="bounces@hub.test", sender="ann@example.org", subject="A question")
    assert read_mail(words, now=timezone.now()) is Heard.FOR_A_PERSON


def test_the_command_reads_one_mail_from_a_pipe(
    sent: dict[str, Handover], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    back = io.BytesIO(dsn(sent["ann"], to="somebody@hub.test"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=back))
    call_command("bounces", "--pipe", "--recipient", sent["ann"].sender)
    assert capsys.readouterr().out == "recorded\n"
    assert status_of("ann") == Status.BOUNCED


def test_by_lmtp_a_bounce_is_recorded_and_a_persons_words_are_refused_or_passed_on(
    sent: dict[str, Handover], settings: Any, mailoutbox: list[Any]
) -> None:
    assert _receive(dsn(sent["ann"], to="x@hub.test"), sent["ann"].sender) == "250 2.0.0 recorded"
    assert status_of("ann") == Status.BOUNCED
    words = mail(to="bounces@hub.test", sender="Bob <bob@example.org>", subject="A question")
    assert _receive(words, "bounces@hub.test").startswith("550 5.1.1 Nobody reads")
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"REPLIES_TO": "staff@hub.test"}
    assert _receive(words, "bounces@hub.test") == "250 2.0.0 passed_on"
    (passed_on,) = mailoutbox
    assert (passed_on.to, passed_on.reply_to) == (["staff@hub.test"], ["bob@example.org"])
    assert "A question" in passed_on.subject
    again = _receive(passed_on.message().as_bytes(), "bounces@hub.test")  # a loop ends at once
    assert (again, len(mailoutbox)) == ("250 2.0.0 nothing", 1)


def test_what_nobody_can_read_is_passed_on_as_it_is(hub: Hub, settings: Any, mailoutbox: list[Any]) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"REPLIES_TO": "staff@hub.test"}
    raw = b"From: MAILER-DAEMON@x\r\n\r\nsomething\0 failed\xff\r\n" + b"x" * 99_999
    assert _receive(raw, "bounces@hub.test") == "250 2.0.0 passed_on"
    assert "something failed" in mailoutbox[0].body
    assert len(mailoutbox[0].body) < 11_000


def pipe(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    call_command("bounces", "--pipe", "--recipient", "bounces@hub.test")


def test_a_pipe_says_by_its_exit_code_whether_the_mail_should_be_sent_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = mail(to="bounces@hub.test", sender="ann@example.org", subject="A question")
    with pytest.raises(CommandError, match="Nobody reads") as error:
        pipe(monkeypatch, words)
    assert error.value.returncode == os.EX_NOUSER
    monkeypatch.setattr(bounces, "take_mail", Mock(side_effect=OperationalError))
    with pytest.raises(CommandError) as error:
        pipe(monkeypatch, words)
    assert error.value.returncode == os.EX_TEMPFAIL


@pytest.mark.parametrize("address", ["nobody", "bounces@hub.test", "LEAVE@hub.test"])
def test_mails_of_people_go_to_nobody_or_a_person(hub: Hub, settings: Any, address: str) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"REPLIES_TO": address}
    assert [problem.id for problem in check_settings(None)] == ["hub_newsletters.E024"]


def test_without_a_mailbox_the_command_says_so_and_the_clock_does_nothing(hub: Hub) -> None:
    with pytest.raises(CommandError, match="HUB_BOUNCE_MAILBOX is not set"):
        call_command("bounces")
    read_bounces()


def test_a_mailbox_that_cannot_be_read_waits_and_its_password_is_in_no_log(
    hub: Hub, settings: Any, caplog: Any
) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"BOUNCE_MAILBOX": "imap://hub:s3cret@127.0.0.1:9/INBOX"}
    read_bounces()
    assert "waits" in caplog.text
    assert "s3cret" not in caplog.text
    with pytest.raises(CommandError) as error:
        call_command("bounces")
    assert "s3cret" not in str(error.value)
