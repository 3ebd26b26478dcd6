"""What kind of refusal a server's reply is."""

from __future__ import annotations

from newsletters.models import Delivery
from newsletters.sending.transport.seam import Reply
from newsletters.sending.transport.verdicts import Verdict, enhanced_status, verdict_on

BounceClass = Delivery.BounceClass

_NOBODY_THERE = {"5.1.1", "5.1.10"}
_BOX_FULL = {"4.2.2", "5.2.2"}
_CLASSES = {
    Verdict.ACCEPTED: "",
    Verdict.LATER: BounceClass.LATER,
    Verdict.SLOW_DOWN: BounceClass.SLOW,
    Verdict.REFUSED: BounceClass.OTHER,
    Verdict.OUR_FAULT: BounceClass.OURS,
}


def bounce_class_of(reply: Reply) -> str:
    """Return what kind of refusal a reply is; empty if it is none."""
    verdict, status = verdict_on(reply), enhanced_status(reply)
    if status in _NOBODY_THERE:
        return BounceClass.HARD
    if status in _BOX_FULL or reply.code == 552:
        return BounceClass.FULL
    return _CLASSES[verdict]
