"""A bounce says which copy came back, to whom, why and whether for good: in every server's way of saying it."""

from __future__ import annotations

import base64

import pytest

from newsletters.models import Delivery
from newsletters.results.incoming.kinds import Action, AutomaticReply, Bounce, Reply, Trouble, Unreadable
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import (
    ANN,
    DELIVERY,
    MESSAGE_ID,
    NAMES,
    RETURN_PATH,
    SUBSCRIPTION,
    sample,
)

Kind = Delivery.BounceClass
FAILED, DELAYED = Action.FAILED, Action.DELAYED
BOUNCES = {
    "amazon_ses": (FAILED, "5.1.1", Kind.HARD),
    "dovecot_over_quota": (FAILED, "5.0.0", Kind.OTHER),
    "exchange_dutch": (FAILED, "5.1.10", Kind.HARD),
    "exchange_dutch_quota": (FAILED, "5.2.2", Kind.FULL),
    "exchange_old": (FAILED, "5.0.0", Kind.OTHER),
    "exim": (FAILED, "5.1.1", Kind.HARD),
    "exim_dutch_host": (FAILED, "5.1.1", Kind.HARD),
    "exim_old": (FAILED, "5.2.2", Kind.FULL),
    "gmail_over_quota": (FAILED, "4.2.2", Kind.FULL),
    "gmail_unauthenticated": (FAILED, "5.7.26", Kind.OURS),
    "google_unknown_user": (FAILED, "5.1.1", Kind.HARD),
    "microsoft365_policy": (FAILED, "5.7.1", Kind.OURS),
    "microsoft365_unknown_user": (FAILED, "5.1.10", Kind.HARD),
    "opensmtpd_error": (FAILED, "5.2.1", Kind.OTHER),
    "outlook_dead_domain": (FAILED, "5.5.0", Kind.OTHER),
    "postfix_delayed": (DELAYED, "4.4.1", Kind.LATER),
    "postfix_gave_up": (FAILED, "4.4.1", Kind.LATER),
    "postfix_over_quota": (FAILED, "5.2.2", Kind.FULL),
    "postfix_unknown_user": (FAILED, "5.1.1", Kind.HARD),
    "qmail_over_quota": (FAILED, "5.2.2", Kind.FULL),
    "qmail": (FAILED, "5.1.1", Kind.HARD),
    "sendmail": (FAILED, "5.1.1", Kind.HARD),
    "yahoo": (FAILED, "5.0.0", Kind.OTHER),
}


def bounce(name: str, *, forged: bool = False) -> Bounce:
    report = read_report(sample(name, forged=forged))
    assert isinstance(report, Bounce), report
    return report


def altered(name: str, *changes: tuple[str, str]) -> bytes:
    """Return one of the mails with other words in it."""
    text = sample(name).decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_says_to_whom_and_why(name: str) -> None:
    (recipient,) = bounce(name).recipients
    assert recipient.address == ANN
    assert (recipient.action, recipient.status, recipient.bounce_class) == BOUNCES[name]
    assert recipient.diagnostic
    assert recipient.diagnostic.isprintable()


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_proves_which_copy_it_is_about(name: str) -> None:
    origin = bounce(name).origin
    assert (origin.delivery_pk, origin.subscription_pk) == (DELIVERY, SUBSCRIPTION)
    assert origin.message_ids == (MESSAGE_ID,)


@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_without_our_tokens_proves_nothing(name: str) -> None:
    origin = bounce(name, forged=True).origin
    assert not origin.is_proved
    assert origin.message_ids == (MESSAGE_ID,)


@pytest.mark.parametrize("name", BOUNCES)
def test_only_what_failed_for_good_is_permanent(name: str) -> None:
    assert bounce(name).is_permanent == (name not in {"gmail_over_quota", "postfix_delayed", "postfix_gave_up"})


def test_a_bounce_that_failed_for_some_only_is_not_permanent() -> None:
    more = "Status: 5.1.1\n\nFinal-Recipient: rfc822; bob@example.org\nAction: delayed\nStatus: 4.2.2"
    report = read_report(altered("amazon_ses", ("Status: 5.1.1", more)))
    assert isinstance(report, Bounce)
    assert [one.address for one in report.recipients] == [ANN, "bob@example.org"]
    assert not report.is_permanent


def test_every_sample_is_read() -> None:
    for name in NAMES:
        report = read_report(sample(name))
        assert not isinstance(report, Unreadable) or report.reason is Trouble.NO_RECIPIENT, name


def test_the_servers_words_are_kept() -> None:
    (recipient,) = bounce("exchange_old").recipients
    assert "The recipient name is not recognized" in recipient.diagnostic
    (recipient,) = bounce("postfix_unknown_user").recipients
    assert recipient.diagnostic.endswith("User unknown in virtual mailbox table")


def test_a_receipt_is_no_bounce() -> None:
    assert isinstance(read_report(sample("delivered_receipt")), AutomaticReply)


def test_a_server_that_does_not_say_about_whom_it_writes_is_for_a_person_to_read() -> None:
    report = read_report(sample("daemon_without_recipient"))
    assert isinstance(report, Unreadable)
    assert report.reason is Trouble.NO_RECIPIENT
    assert report.origin.delivery_pk == DELIVERY


def test_a_person_who_forwards_a_bounce_bounces_nobody() -> None:
    assert isinstance(read_report(sample("person_forwards_bounce")), Reply)


def test_a_person_who_quotes_a_bounce_bounces_nobody() -> None:
    as_a_person = (
        ("MAILER-DAEMON@mx.example.net", "Ann <ann@example.org>"),
        ("Return-Path: <>", f"Return-Path: <{ANN}>"),
    )
    assert isinstance(read_report(altered("qmail", *as_a_person)), Reply)


@pytest.mark.parametrize(
    "changes",
    [
        (("Action: failed\n", ""),),
        (("rfc822; ann@example.org", "<ann@example.org>"),),
        (("Final-Recipient: rfc822;", "Final-Recipient: rfc822; x@y.example\nOriginal-Recipient: rfc822;"),),
        (("Status: 5.1.1", "Status: 5.1.1 (unknown user)"),),
        (("Status: 5.1.1", "Status: 5.0.0"),),
        (("Status: 5.1.1", ""),),
        (("Status: 5.1.1", ""), ("Action: failed", "Action: error")),
        (("smtp; 550 5.1.1 user unknown", "550 5.1.1 user unknown"),),
        (("message/delivery-status", "message/global-delivery-status"),),
        (("message/delivery-status\n", "message/delivery-status\nContent-Transfer-Encoding: 8bit\n"),),
        (("MAILER-DAEMON@eu-west-1.ses.example", "somebody@ses.example"), ("Return-Path: <>\n", "")),
        (("Action: failed", "Action: failed (gave up)"),),
        (("Reporting-MTA: dns; a1-2.smtp-out.eu-west-1.ses.example\n\n", ""),),
        (("\n", "\r\n"),),
        (("--=_b1--\n", ""),),
        (("multipart/report; report-type=delivery-status", "multipart/mixed"),),
    ],
)  # fmt: skip
def test_a_report_with_the_usual_mistakes_is_read_too(changes: tuple[tuple[str, str], ...]) -> None:
    report = read_report(altered("amazon_ses", *changes))
    assert isinstance(report, Bounce)
    (recipient,) = report.recipients
    assert (recipient.address, recipient.status, recipient.bounce_class) == (ANN, "5.1.1", Kind.HARD)
    assert report.origin.delivery_pk == DELIVERY


def test_a_report_that_was_encoded_is_read() -> None:
    fields = "Final-Recipient: rfc822; ann@example.org\nAction: failed\nStatus: 5.2.2\n"
    encoded = base64.b64encode(b"Reporting-MTA: dns; x\n\n" + fields.encode()).decode()
    raw = (
        "From: postmaster@example.org\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
        f"No\n--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{encoded}\n--b--\n"
    )
    report = read_report(raw.encode())
    assert isinstance(report, Bounce)
    assert [(one.address, one.bounce_class) for one in report.recipients] == [(ANN, Kind.FULL)]


def test_the_envelopes_recipient_proves_it_where_no_header_does() -> None:
    raw = sample("amazon_ses", forged=True)
    assert not read_report(raw).origin.is_proved
    assert read_report(raw, envelope_recipient=RETURN_PATH).origin.delivery_pk == DELIVERY


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"])
def test_the_address_is_found_in_whatever_header_the_server_wrote_it(header: str) -> None:
    raw = f"From: postmaster@example.org\n{header}: Us <{RETURN_PATH.upper()}>\n\nNo\n"
    assert read_report(raw.encode()).origin.delivery_pk == DELIVERY


def test_a_header_alone_names_who_failed() -> None:
    raw = f"From: x@example.net\nTo: {RETURN_PATH}\nX-Failed-Recipients: {ANN}\n\n{ANN}: 550 5.1.1\x07 no\n"
    report = read_report(raw.encode())
    assert isinstance(report, Bounce)
    assert [(one.address, one.diagnostic) for one in report.recipients] == [(ANN, f"{ANN}: 550 5.1.1 no")]
