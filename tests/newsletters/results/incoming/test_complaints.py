"""A complaint says which copy it is about, and whether the reader wants no more of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from newsletters.results.incoming.kinds import Complaint
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import ANN, DELIVERY, MESSAGE_ID, RETURN_PATH, SUBSCRIPTION, sample

COMPLAINTS = ["arf_yahoo", "arf_masked", "arf_only_headers", "arf_microsoft", "arf_not_spam", "cfbl"]
COMPLAINTS += ["arf_hotmail_jmrp", "xarf_yaml"]


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


def xarf(content: object, *, name: str = "xarf.json", more: str = "") -> bytes:
    """Return an X-ARF report with this JSON."""
    return (
        "From: abuse@isp.example\nX-XARF: PLAIN\nContent-Type: multipart/mixed; boundary=b\n\n"
        f'--b\nContent-Type: application/json; name="{name}"\n\n{json.dumps(content, indent=1)}\n{more}--b--\n'
    ).encode()


COPY = f"Return-Path: <{RETURN_PATH}>\r\nMessage-ID: {MESSAGE_ID}\r\nSubject: News\r\n\r\nHello Ann\r\n"


def xarf_3(kind: str) -> bytes:
    sample = {"ContentType": "message/rfc822", "Base64Encoded": False, "Payload": COPY}
    report = {"ReportClass": "Activity", "ReportType": kind, "SourceIp": "192.0.2.9", "Samples": [sample]}
    return xarf({"Version": "3", "ReporterInfo": {"ReporterOrg": "ISP"}, "Report": report})


def xarf_4(kind: str) -> bytes:
    report = {"xarf_version": "4.0.0", "category": "messaging", "type": kind, "source_identifier": "192.0.2.9"}
    copy = COPY.replace("\r\n", "\n")
    return xarf(report, more=f"--b\nContent-Type: message/rfc822\n\n{copy}\n")


@pytest.mark.parametrize("make", [xarf_3, xarf_4])
@pytest.mark.parametrize(("kind", "is_unwanted"), [("Spam", True), ("spam", True), ("phishing", False), ("", False)])
def test_an_x_arf_report_in_json_is_read(make: Any, kind: str, is_unwanted: bool) -> None:
    report = read_report(make(kind))
    assert isinstance(report, Complaint)
    assert (report.is_unwanted, report.origin.delivery_pk) == (is_unwanted, DELIVERY)
    assert report.origin.message_ids == (MESSAGE_ID,)


@pytest.mark.parametrize("content", [None, [], 7, "x", {"Report": 7}, {"Report": {"Samples": [7]}}])
def test_an_x_arf_report_that_says_nothing_sets_nobody_aside(content: object) -> None:
    report = read_report(xarf(content))
    assert isinstance(report, Complaint)
    assert not report.is_unwanted
    assert not report.origin.is_proved


def test_what_only_looks_like_x_arf_is_no_complaint() -> None:
    assert not isinstance(read_report(xarf_4("spam").replace(b"X-XARF", b"X-Other")), Complaint)
    assert not isinstance(read_report(xarf_4("spam").replace(b"{", b"{{", 1)), Complaint)
