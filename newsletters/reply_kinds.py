"""What went wrong with deliveries, by kind: the class of a bounce (RFC 3463) and the family of a server's replies."""

from __future__ import annotations

import re

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _

from newsletters.remarks import Remark

FAMILY = re.compile(r"^(?P<code>[245]\d\d)(?:[ -](?P<enhanced>[245]\.\d{1,3}\.\d{1,3}))?")
NO_ADDRESS = ("1.1", "1.2", "1.3", "1.10")  # subject and detail of an enhanced code
BEGINNING = 16  # characters of a reply that hold its family, or our own code


class Kind(TextChoices):
    """The classes in which staff think of failures."""

    HARD = "hard", _("The address does not exist")
    FULL = "full", _("The mailbox is full")
    POLICY = "policy", _("The server refuses us, not the reader")
    SLOW = "slow", _("The server asks us to slow down")
    LATER = "later", _("The server asks to come back later")
    REFUSED = "refused", _("Refused for another reason")
    OURS = "ours", _("No answer of the server")


# What a later sending may well reach: given up after many tries, or a full mailbox.
PASSING = (
    Q(reply__startswith="4")
    | Q(reply__startswith="552")
    | Q(reply__contains=" 5.2.2 ")
    | Q(reply__startswith=Remark.HUNG_UP)
)


def family_of(reply: str) -> str:
    """Return the codes that a reply begins with, such as `550 5.1.1`, or our own code if no server said it."""
    found = FAMILY.match(reply)
    return found[0] if found else reply.partition(":")[0]


def kind_of(family: str) -> Kind:
    """Return the class of a family of replies."""
    found = FAMILY.match(family)
    if found is None:
        return Kind.OURS
    is_final, subject = family.startswith("5"), (found["enhanced"] or "")[2:]
    if subject.startswith("7."):
        return Kind.POLICY
    if subject == "2.2" or found["code"] == "552":
        return Kind.FULL
    if not is_final:
        return Kind.SLOW if subject == "2.1" else Kind.LATER
    return Kind.HARD if subject in NO_ADDRESS or (not subject and found["code"] == "550") else Kind.REFUSED
