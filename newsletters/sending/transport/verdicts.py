"""Judge what a server's reply means for a delivery, for its domain and for us."""

from __future__ import annotations

import re
from enum import Enum

from newsletters.sending.transport.seam import Reply

# Enhanced status codes (RFC 3463). 4.7 and 5.7 concern us, not the reader: policy, authentication, reputation.
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")
# Greylisting asks an unknown sender to come back, often with 4.7.1: that is what a retry is for.
_GREYLISTED = re.compile(r"gr[ae]y.?list", re.IGNORECASE)
_TOO_FAST = {"4.2.1"}


class Verdict(Enum):
    """What a reply can mean."""

    ACCEPTED = "accepted"
    LATER = "later"
    SLOW_DOWN = "slow down"  # later, for everybody at that domain
    REFUSED = "refused"
    OUR_FAULT = "our fault"


def verdict_on(reply: Reply) -> Verdict:
    """Return what a reply means by its code (RFC 5321) and its enhanced status code (RFC 3463)."""
    if 200 <= reply.code < 300:
        return Verdict.ACCEPTED
    is_final = 500 <= reply.code < 600
    if not is_final and _GREYLISTED.search(reply.text):
        return Verdict.LATER
    status = enhanced_status(reply)
    if status[1:].startswith(".7."):
        return Verdict.OUR_FAULT
    if is_final:
        return Verdict.REFUSED
    return Verdict.SLOW_DOWN if status in _TOO_FAST else Verdict.LATER


def enhanced_status(reply: Reply) -> str:
    """Return the enhanced status code in a reply; empty if it has none."""
    found = _STATUS.search(reply.text)
    return found[0] if found else ""
