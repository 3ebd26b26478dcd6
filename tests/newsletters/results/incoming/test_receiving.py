"""A mail from a pipe is taken whole, kept in part, and knows to whom it was sent."""

from __future__ import annotations

from io import BytesIO

import pytest

from newsletters.results.incoming.kinds import Bounce
from newsletters.results.incoming.parsing import MOST_BYTES
from newsletters.results.incoming.receiving import read_one, recipient_in
from newsletters.results.incoming.reports import read_report
from tests.newsletters.results.incoming.samples import DELIVERY, RETURN_PATH, sample


class Slow(BytesIO):
    """A pipe that gives a few bytes at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(7, size or 7))


def test_a_mail_is_read_to_its_end() -> None:
    assert read_one(BytesIO(b"abc")) == b"abc"
    assert read_one(BytesIO(b"")) == b""
    assert read_one(Slow(b"abc" * 1000)) == b"abc" * 1000


def test_what_is_too_much_is_dropped_but_taken() -> None:
    stream = BytesIO(b"x" * (MOST_BYTES + 300_000))
    assert read_one(stream) == b"x" * MOST_BYTES
    assert stream.read() == b""


def test_the_first_line_of_a_mailbox_file_is_no_header() -> None:
    """Some servers write it into pipes."""
    report = read_report(b"From MAILER-DAEMON Mon Nov  2 10:00:00 2026\n" + sample("amazon_ses"))
    assert isinstance(report, Bounce)


@pytest.mark.parametrize("name", ["RECIPIENT", "ORIGINAL_RECIPIENT"])
def test_the_environment_names_the_recipient(name: str) -> None:
    recipient = recipient_in({"USER": "root", name: RETURN_PATH})
    report = read_report(sample("amazon_ses", forged=True), envelope_recipient=recipient)
    assert report.origin.delivery_pk == DELIVERY


def test_an_environment_without_it_is_no_mistake() -> None:
    assert recipient_in({"USER": "root"}) == ""
