"""Mailboxes that only their owner may bring back, known by a keyed digest."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from newsletters.conf import conf
from newsletters.values.addresses import mailbox_of


def mailbox_digest(email: str) -> str:
    """Return 64 hexadecimal digits (HMAC-SHA-256), the same for every spelling of the address.

    The key is the setting SUPPRESSION_KEY, which is not in the database: whoever gets a copy of the database cannot
    try out addresses. Without that setting it is the project's secret key, and a new secret key forgets everybody.
    """
    secret = conf.SUPPRESSION_KEY or None
    return salted_hmac("hub_newsletters.mailbox", mailbox_of(email), secret=secret, algorithm="sha256").hexdigest()


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    """Suppressions, found by the digest of an address."""

    def of(self, email: str) -> Self:
        """Return the suppression of this address in any spelling: at most one."""
        return self.filter(digest=mailbox_digest(email))


class Suppression(models.Model):
    """A mailbox that no form of staff, import or restored copy may bring back: only its owner's own confirmation."""

    class Reason(models.TextChoices):
        ERASED = "erased", _("Erased")  # the person, or staff for them, had all their data erased
        LEFT = "left", _("Left")  # here, so long ago that they were deleted, or the list that was imported
        BOUNCED = "bounced", _("Mail bounces")  # mail to them came back elsewhere
        ASKED = "asked", _("Asked never to be mailed")  # staff, who did it for them
        COMPLAINED = "complained", _("Complained")  # they called our mail spam elsewhere

    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    at = models.DateTimeField(_("since"))

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suppressed mailbox")
        verbose_name_plural = _("suppressed mailboxes")

    def __str__(self) -> str:
        return f"{self.get_reason_display()} {self.at:%Y-%m-%d}"

    @classmethod
    def add(cls, email: str, *, reason: Reason, now: datetime) -> None:
        """Suppress this mailbox; one that is suppressed already keeps its first reason, unless it is erased now."""
        erased = {"reason": reason, "at": now} if reason == cls.Reason.ERASED else {}
        cls.objects.update_or_create(
            digest=mailbox_digest(email), defaults=erased, create_defaults={"reason": reason, "at": now}
        )
