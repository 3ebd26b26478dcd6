"""Read the report of a reader's complaint: ARF (RFC 5965), CFBL (RFC 9477), X-ARF, and Microsoft's older form."""

from __future__ import annotations

import re

from newsletters.results.incoming.kinds import Complaint
from newsletters.results.incoming.origins import origin_of, returned_mails
from newsletters.results.incoming.parsing import Mail, header, headers, own_parts, within
from newsletters.results.incoming.xarf import XArfReport, xarf_report

MOST_RECIPIENTS = 20

_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,253}")
_MICROSOFT = re.compile(r"complaint about message from", re.IGNORECASE)
_MICROSOFT_RECIPIENT = "X-HmXmrOriginalRecipient"


def complaint_in(mail: Mail, *, envelope_recipient: str = "") -> Complaint | None:
    """Return the complaint that this mail reports; None if it reports none."""
    reports = [part for part in own_parts(mail) if part.get_content_type() == "message/feedback-report"]
    fields = within(reports[0]) if reports else []
    if fields:
        return _complaint(mail, fields[0], envelope_recipient=envelope_recipient)
    report = xarf_report(mail)
    if report is not None:
        return _of_xarf(mail, report, envelope_recipient=envelope_recipient)
    return _of_microsoft(mail, envelope_recipient=envelope_recipient)


def _of_xarf(mail: Mail, report: XArfReport, *, envelope_recipient: str) -> Complaint:
    return Complaint(
        origin=origin_of(mail, envelope_recipient=envelope_recipient, more_copies=report.copies),
        feedback_type=report.feedback_type,
        recipients=_addresses([report.recipient]),
        source=_domain(header(mail, "From")),
    )


def _complaint(mail: Mail, fields: Mail, *, envelope_recipient: str) -> Complaint:
    senders = headers(fields, "Original-Mail-From")
    return Complaint(
        origin=origin_of(mail, envelope_recipient=envelope_recipient, return_paths=senders),
        feedback_type=header(fields, "Feedback-Type").lower()[:40] or "other",  # RFC 5965, section 3.1 asks for one
        recipients=_addresses(headers(fields, "Original-Rcpt-To", "Removal-Recipient", most=MOST_RECIPIENTS)),
        source=_domain(header(mail, "From")),
    )


def _of_microsoft(mail: Mail, *, envelope_recipient: str) -> Complaint | None:
    """Return a report of the Junk Mail Reporting Program, which names the reader in a header of the returned mail."""
    if not _MICROSOFT.match(header(mail, "Subject")):
        return None
    recipients = [value for copy in returned_mails(mail) for value in headers(copy, _MICROSOFT_RECIPIENT)]
    if not recipients:
        return None
    return Complaint(
        origin=origin_of(mail, envelope_recipient=envelope_recipient),
        feedback_type="abuse",
        recipients=_addresses(recipients),
        source=_domain(header(mail, "From")),
    )


def _addresses(values: list[str]) -> tuple[str, ...]:
    found = (_ADDRESS.search(value) for value in values)
    return tuple(dict.fromkeys(match[0] for match in found if match))[:MOST_RECIPIENTS]


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].partition(">")[0].strip().lower()[:253]
