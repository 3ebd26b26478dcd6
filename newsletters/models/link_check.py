"""The latest result of checking a link to another site."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from django.db import models
from django.utils.translation import gettext_lazy as _


def hash_of(url: str) -> str:
    """Return the key of an address: addresses are longer than a database indexes."""
    return sha256(url.encode()).hexdigest()


class LinkCheck(models.Model):
    """An address and what its server answered, whichever issue links to it."""

    class Outcome(models.TextChoices):
        FINE = "fine", _("it works")  # 2xx, after redirects
        GONE = "gone", _("the page does not exist")  # 404 or 410, to HEAD and to GET
        UNKNOWN_HOST = "unknown_host", _("there is no site with that name")  # no such name
        INNER = "inner", _("it leads to an internal network")  # the name leads to an address that is not public
        REFUSED = "refused", _("the site refuses to be checked")  # another 4xx, often meant for programs only
        BROKEN = "broken", _("the site reports an error")  # 5xx, or redirects without end
        SLOW = "slow", _("the site did not answer in time")
        BAD_CERTIFICATE = "bad_certificate", _("the site’s certificate is not valid")
        UNREACHABLE = "unreachable", _("the site could not be reached")

    SILENT = (Outcome.UNKNOWN_HOST, Outcome.UNREACHABLE)  # what a server without a network finds everywhere

    url_hash = models.CharField(max_length=64, unique=True)
    url = models.TextField(_("address"))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    checked_at = models.DateTimeField(_("checked"))
    is_due = models.BooleanField(default=False)  # somebody wants it checked again; until then the outcome holds

    class Meta:
        verbose_name = _("link check")
        verbose_name_plural = _("link checks")

    def __str__(self) -> str:
        return f"{self.url} · {self.get_outcome_display()}"

    @classmethod
    def note(cls, url: str, *, outcome: str, status: int | None, now: datetime) -> None:
        """Record what was found at this address, in place of what was found before."""
        facts = {"url": url, "outcome": outcome, "status": status, "checked_at": now, "is_due": False}
        cls.objects.update_or_create(url_hash=hash_of(url), defaults=facts)

    @classmethod
    def want_again(cls, urls: Collection[str]) -> None:
        """Have these addresses checked again, however recently they were."""
        cls.objects.filter(url_hash__in=[hash_of(url) for url in urls]).update(is_due=True)

    @classmethod
    def known(cls, urls: Collection[str]) -> dict[str, LinkCheck]:
        """Return what is known about these addresses, however old, in one query."""
        return {check.url: check for check in cls.objects.filter(url_hash__in=[hash_of(url) for url in urls])}

    @classmethod
    def some_answered(cls, *, since: datetime) -> bool:
        """Say whether any site at all has answered since then."""
        return cls.objects.filter(checked_at__gte=since).exclude(outcome__in=cls.SILENT).exists()

    @classmethod
    def prune(cls, *, before: datetime) -> None:
        """Delete the results from before then."""
        cls.objects.filter(checked_at__lt=before).delete()

    def is_fresh(self, *, since: datetime) -> bool:
        """Say whether it needs no new check: it was checked since then, and nobody wants it checked again."""
        return self.checked_at >= since and not self.is_due

    @property
    def in_words(self) -> str:
        """What was found, with the server's status."""
        label = str(self.get_outcome_display())
        shows_status = self.status and self.outcome in {self.Outcome.REFUSED, self.Outcome.BROKEN, self.Outcome.GONE}
        return f"{label} ({self.status})" if shows_status else label
