"""What a server's reply means for a delivery."""

from __future__ import annotations

import re
from enum import Enum

from newsletters.sending.transport import Reply

# Enhanced status codes (RFC 3463) that speak of us, not of the reader: policy, authentication, reputation.
OUR_FAULT = re.compile(r"\b[45]\.7\.\d+\b")


class Verdict(Enum):
    """The four things that a reply can mean."""

    ACCEPTED = "accepted"
    LATER = "later"
    REFUSED = "refused"
    OUR_FAULT = "our fault"


def verdict_on(reply: Reply) -> Verdict:
    """Judge a reply by its code (RFC 5321) and its enhanced status code (RFC 3463)."""
    if 200 <= reply.code < 300:
        return Verdict.ACCEPTED
    if OUR_FAULT.search(reply.text):
        return Verdict.OUR_FAULT
    if 500 <= reply.code < 600:
        return Verdict.REFUSED
    return Verdict.LATER
