"""Read a delivery status notification (RFC 3464): what became of a mail, for each of its recipients."""

from __future__ import annotations

import re

from cms.values.mail_headers import header_words
from newsletters.results.incoming.kinds import Action, Recipient
from newsletters.results.incoming.parsing import Mail, header, own_parts, within
from newsletters.sending.ledger.bounce_classes import bounce_class_of
from newsletters.sending.transport.seam import Reply
from newsletters.sending.transport.verdicts import enhanced_status

MOST_DIAGNOSTIC = 500  # characters, as many as a delivery keeps of a reply

_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
# Some servers write "error" (OpenSMTPD), "Failed (…)" or "delay".
_ACTIONS = {
    "fail": Action.FAILED,
    "err": Action.FAILED,
    "delay": Action.DELAYED,
    "deliver": Action.DELIVERED,
    "relay": Action.RELAYED,
    "expand": Action.EXPANDED,
}
_FIRST = {Action.FAILED: "5", Action.DELAYED: "4", Action.DELIVERED: "2", Action.RELAYED: "2", Action.EXPANDED: "2"}
_BY_STATUS = {"5": Action.FAILED, "4": Action.DELAYED, "2": Action.DELIVERED}
_REPLY_CODE = re.compile(r"(?<![\d.])([245]\d\d)(?![\d.])")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def reported_recipients(mail: Mail) -> list[Recipient]:
    """Return what the mail reports about each recipient, in a form that a program wrote; empty if it is no report."""
    parts = [part for part in own_parts(mail) if part.get_content_type() in _STATUS_PARTS]
    found = [_recipient(block) for part in parts for block in within(part)]
    return [recipient for recipient in found if recipient is not None]


def recipient_of(*, address: str, action: Action, status: str, diagnostic: str) -> Recipient:
    """Return a recipient with its status as exact as the server's words have it, and with the class of that."""
    diagnostic = header_words(diagnostic)[:MOST_DIAGNOSTIC]
    code = _reply_code(diagnostic)
    exact = enhanced_status(Reply(code=code, text=diagnostic))
    if exact and (not status or status.endswith(".0.0")):
        status = exact
    first = status[:1] or (str(code)[0] if code else _FIRST[action])
    if str(code)[0] != first:
        code = int(first) * 100 + 50
    is_bad = action in {Action.FAILED, Action.DELAYED}
    return Recipient(
        address=header_words(address)[:254],
        action=action,
        status=status or f"{first}.0.0",
        diagnostic=diagnostic,
        bounce_class=bounce_class_of(Reply(code=code, text=f"{status} {diagnostic}")) if is_bad else "",
    )


def _recipient(block: Mail) -> Recipient | None:
    """Return what one block of fields says; None if it is the block about the whole mail."""
    address = _address(header(block, "Original-Recipient")) or _address(header(block, "Final-Recipient"))
    found = _STATUS.search(header(block, "Status"))
    status = found[0] if found else ""
    action = _action(header(block, "Action"), status=status)
    if action is None or not (address or status):
        return None
    kind, semicolon, words = header(block, "Diagnostic-Code").partition(";")
    diagnostic = words if semicolon else kind
    return recipient_of(address=address, action=action, status=status, diagnostic=diagnostic)


def _address(field: str) -> str:
    """Return the address in `rfc822; ann@example.org`; some servers leave out the type, or add brackets."""
    _kind, semicolon, address = field.partition(";")
    return (address if semicolon else field).strip(" <>")


def _action(word: str, *, status: str) -> Action | None:
    for beginning, action in _ACTIONS.items():
        if word.lower().startswith(beginning):
            return action
    return _BY_STATUS.get(status[:1])


def _reply_code(diagnostic: str) -> int:
    found = _REPLY_CODE.search(diagnostic)
    return int(found[1]) if found else 0
