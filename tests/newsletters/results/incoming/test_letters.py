"""Only the address unsubscribes, never the words; a program is not taken for a person, nor a person for a program."""

from __future__ import annotations

from typing import Any

import pytest

from newsletters.results.incoming.kinds import AutomaticReply, Reply, Unsubscribing
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import (
    ANN,
    DELIVERY,
    LEAVE_ADDRESS,
    MESSAGE_ID,
    RETURN_PATH,
    SUBSCRIPTION,
    sample,
)

AUTOMATIC = [
    *("out_of_office_exchange_dutch", "out_of_office_gmail", "out_of_office_old", "read_receipt"),
    *("delivered_receipt", "unsubscribe_vacation"),
]


@pytest.mark.parametrize("name", ["unsubscribe_apple", "unsubscribe_gmail"])
def test_a_mail_to_a_readers_own_address_unsubscribes_that_reader(name: str) -> None:
    report = read_report(sample(name))
    assert isinstance(report, Unsubscribing)
    assert report.origin.subscription_pk == SUBSCRIPTION
    assert report.sender == ANN


def test_a_mail_to_the_address_without_a_token_proves_nothing() -> None:
    report = read_report(sample("unsubscribe_without_token"))
    assert isinstance(report, Unsubscribing)
    assert not report.origin.is_proved
    assert (report.sender, report.origin.message_ids) == (ANN, (MESSAGE_ID,))


def test_a_forged_token_unsubscribes_nobody() -> None:
    assert isinstance(read_report(sample("unsubscribe_apple", forged=True)), Reply)


def test_another_purposes_token_unsubscribes_nobody() -> None:
    raw = sample("unsubscribe_apple").replace(LEAVE_ADDRESS.encode(), RETURN_PATH.encode())
    assert not isinstance(read_report(raw), Unsubscribing)


def test_without_the_setting_only_tokens_unsubscribe(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"UNSUBSCRIBE_ADDRESS": ""}
    assert isinstance(read_report(sample("unsubscribe_apple")), Unsubscribing)
    assert isinstance(read_report(sample("unsubscribe_without_token")), Reply)
    assert isinstance(read_report(b"From: ann@example.org\nTo: \n\nHello\n"), Reply)


@pytest.mark.parametrize("name", ["reply_quoting", "reply_unsubscribe_in_words"])
def test_words_unsubscribe_nobody(name: str) -> None:
    report = read_report(sample(name))
    assert isinstance(report, Reply)
    assert (report.sender, report.origin.message_ids[0]) == (ANN, MESSAGE_ID)
    assert not report.origin.is_proved


@pytest.mark.parametrize("name", AUTOMATIC)
def test_a_program_is_not_taken_for_a_person(name: str) -> None:
    assert isinstance(read_report(sample(name)), AutomaticReply)


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: auto-generated; x=y",
            "X-Autoreply: yes",
            "X-Autorespond: x",
        ),
        *("Precedence: bulk", "Precedence: AUTO_REPLY", "Precedence: junk", "Return-Path: <>"),
    ],
)
def test_each_sign_of_a_program_counts(header: str) -> None:
    raw = f"From: ann@example.org\n{header}\nSubject: x\n\nI am away\n".encode()
    assert isinstance(read_report(raw), AutomaticReply)


@pytest.mark.parametrize("header", ["Auto-Submitted: no", "Precedence: list", "Return-Path: <ann@example.org>"])
def test_a_person_is_not_taken_for_a_program(header: str) -> None:
    raw = f"From: ann@example.org\n{header}\nSubject: Automatic\n\nI am here\n".encode()
    assert isinstance(read_report(raw), Reply)


def test_an_absence_says_which_copy_it_answers() -> None:
    report = read_report(sample("out_of_office_exchange_dutch"))
    assert isinstance(report, AutomaticReply)
    assert (report.origin.delivery_pk, report.origin.message_ids) == (DELIVERY, (MESSAGE_ID,))
    assert report.subject == "Automatisch antwoord: News of the month"
    assert "afwezig" in report.words


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("text/plain; charset=utf-8", "Één".encode(), "Één"),
        ("text/plain; charset=iso-8859-1", "Één".encode("latin-1"), "Één"),
        ("text/plain; charset=utf-8", "Één".encode("latin-1"), "Één"),  # it says so, but is not
        ("text/plain; charset=punycode", b"a-b", "a-b"),
        ("text/plain; charset=utf-16", b"\xff\xfea\0", "ÿþa"),
        ("text/plain; charset=nothing", b"a", "a"),
        ("text/plain", b"a\0b\x07c\r\n\x1b[31md", "abc\n[31md"),
        ("text/html", b"<p>Hello <b>you</b> &amp; me<script>x()</script></p>", "Hello you & me"),
        ("text/plain\nContent-Transfer-Encoding: base64", b"SGVsbG8=", "Hello"),
        ("text/plain\nContent-Transfer-Encoding: quoted-printable", b"H=C3=A9", "Hé"),
        ("application/pdf", b"%PDF", ""),
    ],
)
def test_the_words_of_a_reply_can_be_read(kind: str, body: bytes, words: str) -> None:
    report = read_report(b"From: ann@example.org\nContent-Type: " + kind.encode() + b"\n\n" + body)
    assert isinstance(report, Reply)
    assert report.words == words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?q?Hall=C3=A9?= you", "Hallé you"),
        ("=?utf-8?q?a=0Ab=00c?=", "a bc"),
        ("=?x?b?!?=", "=?x?b?!?="),
        ("=?nothing?q?a?=", "=?nothing?q?a?="),
    ],
)
def test_a_subject_is_decoded_if_it_can_be(written: str, read: str) -> None:
    report = read_report(f"From: ann@example.org\nSubject: {written}\n\nHello\n".encode())
    assert isinstance(report, Reply)
    assert report.subject == read
