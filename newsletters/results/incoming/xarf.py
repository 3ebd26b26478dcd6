"""Read the fields of an X-ARF report: YAML in version 0.2 (x-arf.org), JSON since 0.3 (xarf.org)."""

from __future__ import annotations

import json
from dataclasses import dataclass

from newsletters.results.incoming.parsing import Mail, header, headers_in, own_parts, text_of

SPAM = "abuse"  # what ARF calls a complaint about an unwanted mail (RFC 5965, section 7.3)

_MARKS = ("X-XARF", "X-ARF")
_YAML, _JSON = "report.txt", "xarf.json"
_UNWANTED = frozenset({"spam", "bulk_messaging"})


@dataclass(frozen=True, kw_only=True)
class XArfReport:
    """What a report says: its type in ARF's words, the reader if it names one, and mails that it holds as text."""

    feedback_type: str
    recipient: str = ""
    copies: tuple[Mail, ...] = ()


def xarf_report(mail: Mail) -> XArfReport | None:
    """Return the report in this mail; None if there is none that can be read."""
    if not any(name in mail for name in _MARKS):
        return None
    for part in own_parts(mail):
        name = str(part.get_filename("")).lower()
        if name == _YAML:
            return _of_yaml(text_of(part))
        if name == _JSON or part.get_content_type() == "application/json":
            return _of_json(text_of(part))
    return None


def _of_yaml(text: str) -> XArfReport:
    """The format is flat, so its lines read like headers: a YAML parser would only add what a forger can abuse."""
    fields = headers_in(text.strip().removeprefix("---").lstrip())
    return _report(header(fields, "Report-Type"), recipient=header(fields, "Original-Rcpt-To"))


def _of_json(text: str) -> XArfReport | None:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return None
    report = _field(read, "Report") or read  # the first is version 0.3, the second 4
    kind = _field(report, "ReportType") or _field(report, "type")
    samples = _field(report, "Samples")
    copies = [_field(sample, "Payload") for sample in samples[:1]] if isinstance(samples, list) else []
    return _report(kind, copies=tuple(headers_in(copy) for copy in copies if isinstance(copy, str)))


def _report(kind: object, *, recipient: str = "", copies: tuple[Mail, ...] = ()) -> XArfReport:
    name = str(kind).strip().lower()[:40] or "other"
    return XArfReport(feedback_type=SPAM if name in _UNWANTED else name, recipient=recipient, copies=copies)


def _field(value: object, name: str) -> object:
    return value.get(name, "") if isinstance(value, dict) else ""
