"""Whatever arrives, reading it ends soon and raises nothing."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.results.incoming import reports
from newsletters.results.incoming.kinds import Bounce, Trouble, Unreadable
from newsletters.results.incoming.parsing import (
    MOST_BLOCKS,
    MOST_BYTES,
    MOST_HEADER,
    MOST_LINE,
    MOST_LINES,
    MOST_PARTS,
    own_parts,
    parse,
    within,
)
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import ANN, NAMES, sample

SOON_SECONDS = 10.0  # the worst takes a second here; without its limit each takes minutes or forever
MOST_MEMORY = 16 * 1024 * 1024  # beside the mail itself, which may be as large as it likes
HEAD = b"Return-Path: <>\nFrom: MAILER-DAEMON@example.org\n"
MEGABYTE = 1024 * 1024


def nested(depth: int) -> bytes:
    opened = b"".join(b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (i, i + 1) for i in range(depth))
    return HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n" + opened + b"\n" * 200_000


def mail(kind: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Type: " + kind + b"\n\n" + body


def report(fields: bytes) -> bytes:
    return mail(
        b"multipart/report; boundary=b", b"--b\nContent-Type: message/delivery-status\n\n" + fields + b"\n--b--"
    )


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "nul bytes": lambda: b"\0" * MEGABYTE,
    "blank lines": lambda: HEAD + b"\n" * 30 * MEGABYTE,
    "a long line": lambda: HEAD + b"\n" + b"a" * 30 * MEGABYTE,
    "a line of at signs": lambda: HEAD + b"\nwe're sorry. there's a problem\n\n" + b"@" * MEGABYTE,
    "lines that look like addresses": lambda: HEAD + b"\nYour message to:\n" + (b"a" * 299 + b"\n") * 4000,
    "lines of spaces": lambda: HEAD + b"\nYour message to:\n" + (b" " * 299 + b"\n") * 4000,
    "nested 1,000 deep": lambda: nested(1000),
    "nested to the limit": lambda: nested(29),
    "mails in mails": lambda: HEAD + b"Content-Type: message/rfc822\n\n" * 100_000,
    "digests in digests": lambda: mail(b"multipart/digest; boundary=b", b"--b\n\n" * 100_000),
    "a report of blank lines": lambda: report(b"\n" * MEGABYTE),
    "a report of blocks": lambda: report(b"A: b\n\n" * 300_000),
    "a report of recipients": lambda: report(b"Final-Recipient: rfc822; a@b\nAction: failed\n\n" * 100_000),
    "parts without end": lambda: mail(b"multipart/mixed; boundary=b", b"--b\n\n" * 300_000),
    "text parts without end": lambda: mail(b"multipart/mixed; boundary=b", b"--b\n\nReceived: x\n\n" * 100_000),
    "quotes in a parameter": lambda: HEAD + b"Content-Type: multipart/mixed; " + b'";' * MEGABYTE + b"\n\n",
    "parameters": lambda: HEAD + b"Content-Type: multipart/mixed" + b"; a=b" * 300_000 + b"\n\n",
    "parts with bad parameters": lambda: mail(
        b"multipart/mixed; boundary=b", (b"--b\nContent-Type: text/plain; " + b'";' * 480 + b"\n\n") * 300
    ),
    "a header without end": lambda: b"Subject: x\n" + b" y\n" * 10 * MEGABYTE,
    "headers without end": lambda: b"To: a@b\n" * 3 * MEGABYTE,
    "headers of another alphabet": lambda: b"From: \xff\xfe@\xe9\nTo: \xc3\xa9@b\nSubject: =?utf-8?b?////?=\n\n\xff",
    "references": lambda: b"References: " + b"<a@b>" * MEGABYTE + b"\n\n",
    "open brackets": lambda: b"References: " + b"<" * MEGABYTE + b"\nFrom: " + b"(" * 2000 + b"\n\n",
    "html that is nested": lambda: mail(b"text/html", b"<div>" * MEGABYTE),
    "html of brackets": lambda: mail(b"text/html", b"<" * MEGABYTE),
    "a slow codec": lambda: mail(b"text/plain; charset=punycode", b"a" * 60_000 + b"-" + b"9" * 60_000),
    "bad base64": lambda: mail(b"text/plain\nContent-Transfer-Encoding: base64", b"=" * MEGABYTE),
    "uuencoded": lambda: mail(b"text/plain\nContent-Transfer-Encoding: x-uuencode", b"begin 644 x\n" + b"M" * MEGABYTE),
    "encoded words": lambda: b"Subject: " + b"=?x?q?" * MEGABYTE + b"\n\n",
    "a boundary of special characters": lambda: mail(b'multipart/mixed; boundary="(.*)*\\\\"', b"--(((\n" * 9999),
    "a multipart without parts": lambda: mail(b"multipart/report; boundary=b", b""),
    "a report that is text": lambda: mail(b"message/delivery-status", b"x"),
    "a complaint about nothing": lambda: mail(b"message/feedback-report", b""),
    "a report of recipients in another charset": lambda: mail(
        b"text/plain; charset=utf-7", (b"+AGE-@b.org failed\n" * 4000)
    ),
    "a charset that lies": lambda: mail(b"text/plain; charset=utf-8", b"\xff\xfe\x00\xd8" * 300_000),
    "a charset of special characters": lambda: mail(b'text/plain; charset="' + b"%s\\" * 400 + b'"', b"x" * 9999),
    "headers of headers": lambda: b"".join(b"X-%d: y\n" % number for number in range(400_000)) + b"\nx",
    "a thousand senders": lambda: b"From: " + b"MAILER-DAEMON <a@b.org>, " * 40_000 + b"\n\nx",
    "a thousand received": lambda: HEAD + b"Received: from x by y; Mon\n" * 200_000 + b"\nx",
    "deep json": lambda: b"X-XARF: PLAIN\n" + mail(b'application/json; name="xarf.json"', b"[" * 60_000),
    "json of many numbers": lambda: (
        b"X-XARF: PLAIN\n" + mail(b'application/json; name="xarf.json"', b'{"type": ' + b"9" * 900 + b"}")
    ),
    "a huge number in json": lambda: (
        b"X-XARF: PLAIN\n" + mail(b'application/json; name="xarf.json"', (b"9" * 900 + b"\n") * 70)
    ),
    "yaml that refers to itself": lambda: (
        b"X-XARF: PLAIN\n" + mail(b'text/plain; name="report.txt"', b"---\na: &a [*a, *a]\n" * 3000)
    ),
    "a reply that quotes without end": lambda: b"From: ann@example.org\n\n" + b"On Monday\n" * 30_000,
    "html of quotations": lambda: b"From: ann@example.org\nContent-Type: text/html\n\n" + b"<blockquote>" * 60_000,
    "html of line ends": lambda: b"From: ann@example.org\nContent-Type: text/html\n\n" + b"<br>" * MEGABYTE,
    "30 MB of a newsletter": lambda: sample("postfix_unknown_user") + b"SGVsbG8gQW5uIQ==\n" * 1_850_000,
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_reading_ends_soon(make: Callable[[], bytes]) -> None:
    raw = make()
    start = time.process_time()
    read_report(raw)
    assert time.process_time() - start < SOON_SECONDS


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_little_memory(name: str) -> None:
    raw = HOSTILE[name]()
    tracemalloc.start()
    try:
        read_report(raw)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["nothing", "nul bytes"])
def test_what_is_no_mail_is_unreadable(name: str) -> None:
    answer = read_report(HOSTILE[name]())
    assert isinstance(answer, Unreadable)
    assert answer.reason is Trouble.EMPTY


def test_what_is_nested_too_deep_is_unreadable() -> None:
    for name in ("nested 1,000 deep", "mails in mails"):
        answer = read_report(HOSTILE[name]())
        assert isinstance(answer, Unreadable)
        assert answer.reason is Trouble.NESTED


def test_a_bounce_with_a_huge_mail_is_read_by_its_beginning() -> None:
    answer = read_report(HOSTILE["30 MB of a newsletter"]())
    assert isinstance(answer, Bounce)
    assert answer.recipients[0].address == ANN


def test_what_breaks_the_email_package_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (RecursionError, ValueError, LookupError, AssertionError):

        def fail(*_arguments: object, kind: type[Exception] = error, **_more: object) -> None:
            raise kind

        monkeypatch.setattr(reports, "parse", fail)
        answer = read_report(b"From: x\n\n")
        assert isinstance(answer, Unreadable)
        assert answer.reason is Trouble.BROKEN


@given(raw=st.binary(max_size=2000))
def test_any_bytes_are_read(raw: bytes) -> None:
    assert not is_broken(read_report(raw))


LINES = st.sampled_from(
    [line for name in NAMES for line in sample(name).split(b"\n")] + [b"", b"", b"\xff\0", b"--=_b1", b"--=_b1--"]
)


@given(lines=st.lists(LINES, max_size=60))
def test_any_lines_of_mails_are_read(lines: list[bytes]) -> None:
    assert not is_broken(read_report(b"\n".join(lines)))


@given(name=st.sampled_from(NAMES), seed=st.integers())
def test_a_mail_with_damage_is_read(name: str, seed: int) -> None:
    draw = random.Random(seed)
    raw = bytearray(sample(name))
    for _ in range(draw.randint(1, 30)):
        place = draw.randrange(len(raw))
        if draw.random() < 0.5:
            raw[place] = draw.choice(b'\0\n\r :;"<>@=-\xff' + bytes(range(256)))
        else:
            del raw[place : place + draw.randint(1, 50)]
            raw += b" "
    assert not is_broken(read_report(bytes(raw)))


def is_broken(answer: object) -> bool:
    return isinstance(answer, Unreadable) and answer.reason is Trouble.BROKEN


def test_what_is_read_can_be_stored() -> None:
    """PostgreSQL refuses NUL bytes and lone surrogates."""
    raw = report(b"Final-Recipient: rfc822; \xff\0a@b\nAction: failed\nDiagnostic-Code: smtp; 550 \xed\xa0\x80\0\x07no")
    answer = read_report(raw)
    assert isinstance(answer, Bounce)
    for text in (answer.recipients[0].address, answer.recipients[0].diagnostic):
        assert text.isprintable()
        text.encode()


def test_a_mail_is_cut_before_it_is_parsed() -> None:
    folded = b"Subject: " + b"x" * 500 + (b"\n " + b"x" * 500) * 100
    assert len(parse(folded + b"\n\n")["Subject"]) <= MOST_HEADER
    assert len(str(parse(b"A: b\n\n" + b"y\n" * 100_000).get_payload()).splitlines()) <= MOST_LINES
    assert len(str(parse(b"A: b\n\n" + b"y" * 100_000).get_payload())) <= MOST_LINE
    assert len(str(parse(b"A: b\n\n" + (b"y" * 900 + b"\n") * 2000).get_payload())) <= MOST_BYTES


def test_no_more_is_read_of_each_kind_than_anybody_needs() -> None:
    assert len(own_parts(parse(HOSTILE["parts without end"]()))) <= MOST_PARTS
    assert len(within(parse(b"Content-Type: message/delivery-status\n\n" + b"A: b\n\n" * 3000))) <= MOST_BLOCKS
    assert len(read_report(b"References: " + b"".join(b"<%d@b>" % i for i in range(99))).origin.message_ids) <= 10
    many = b",".join(b"a%d@example.org" % i for i in range(99))
    answer = read_report(HEAD + b"X-Failed-Recipients: " + many + b"\n\n")
    assert isinstance(answer, Bounce)
    assert len(answer.recipients) <= 20
