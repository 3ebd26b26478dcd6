"""A complaint says which copy it is about, and whether the reader wants no more of them."""

from __future__ import annotations

import pytest

from newsletters.results.incoming.kinds import Complaint
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import ANN, DELIVERY, MESSAGE_ID, SUBSCRIPTION, sample

COMPLAINTS = ["arf_yahoo", "arf_masked", "arf_only_headers", "arf_microsoft", "arf_not_spam", "cfbl"]


def complaint(name: str, *, forged: bool = False) -> Complaint:
    report = read_report(sample(name, forged=forged))
    assert isinstance(report, Complaint), report
    return report


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_proves_which_copy_it_is_about(name: str) -> None:
    origin = complaint(name).origin
    assert origin.is_proved
    assert origin.delivery_pk == (None if name == "arf_masked" else DELIVERY)
    assert origin.subscription_pk == (None if name == "cfbl" else SUBSCRIPTION)
    assert origin.message_ids == (MESSAGE_ID,)


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_without_our_tokens_proves_nothing(name: str) -> None:
    assert not complaint(name, forged=True).origin.is_proved


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_names_the_reader_unless_it_is_masked(name: str) -> None:
    assert complaint(name).recipients == (() if name in {"arf_masked", "cfbl"} else (ANN,))


@pytest.mark.parametrize("name", COMPLAINTS)
def test_only_a_reader_who_wants_no_more_is_counted(name: str) -> None:
    assert complaint(name).is_unwanted == (name != "arf_not_spam")
    assert complaint(name).feedback_type == ("not-spam" if name == "arf_not_spam" else "abuse")


@pytest.mark.parametrize("kind", ["", "virus", "other", "auth-failure", "dmarc", "x" * 9999])
def test_a_report_about_something_else_sets_nobody_aside(kind: str) -> None:
    raw = sample("arf_yahoo").replace(b"Feedback-Type: abuse", b"Feedback-Type: " + kind.encode())
    report = read_report(raw)
    assert isinstance(report, Complaint)
    assert not report.is_unwanted
    assert len(report.feedback_type) <= 40


def test_the_source_is_the_reporters_domain() -> None:
    assert complaint("arf_yahoo").source == "arf.mail.yahoo.example"
    assert complaint("arf_microsoft").source == "hotmail.example"


def test_a_subject_alone_is_no_complaint() -> None:
    raw = b"From: ann@example.org\nSubject: complaint about message from 192.0.2.9\n\nHello\n"
    assert not isinstance(read_report(raw), Complaint)


def test_the_sender_that_a_report_names_proves_it_too() -> None:
    raw = sample("arf_yahoo").replace(b"Return-Path:", b"X-Removed:")
    assert read_report(raw).origin.delivery_pk == DELIVERY
