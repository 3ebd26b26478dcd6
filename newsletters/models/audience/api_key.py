"""Keys with which other systems, such as a CRM, use the API for a newsletter's readers."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.translation import gettext_lazy as _

from newsletters.conf import conf
from newsletters.models.newsletter import Newsletter

MINUTE = timedelta(minutes=1)


def key_digest(key: str) -> str:
    """Return 64 hexadecimal digits: enough for a key that nobody can guess, and nobody finds it from them."""
    return sha256(key.encode(errors="replace")).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys, found by what a system shows."""

    def of(self, key: str) -> ApiKey | None:
        """Return the row of a key that is valid; the index compares digests, so that time tells nothing about a key."""
        return self.filter(digest=key_digest(key), revoked_at=None).first()


class ApiKey(models.Model):
    """One system's key: for which newsletters, and what it may do there. The key is shown once; its digest is kept.

    Keys are revoked and never deleted, because the ledger of consent names them.
    """

    name = models.CharField(_("name"), max_length=80, help_text=_("Which system has it, and whom to ask about it."))
    newsletters = models.ManyToManyField(Newsletter, related_name="+", verbose_name=_("newsletters"))
    may_add = models.BooleanField(_("add readers, with the evidence that they agreed"), default=False)
    may_read = models.BooleanField(_("see readers"), default=False)
    may_end = models.BooleanField(_("end subscriptions"), default=False)
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    made_at = models.DateTimeField(_("key made"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    minute_began_at = models.DateTimeField(null=True, editable=False)
    used_in_minute = models.PositiveIntegerField(default=0, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__isnull=True, made_at__isnull=True) | Q(digest__isnull=False, made_at__isnull=False),
                name="hub_newsletters_key_made_once_shown",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def make(self, *, now: datetime) -> str:
        """Return a new key, which is kept nowhere else; the one from before is not valid any more."""
        key = f"hub_{secrets.token_urlsafe(32)}"
        self.digest, self.made_at = key_digest(key), now
        self.save(update_fields=["digest", "made_at"])
        return key

    def revoke(self, *, now: datetime) -> bool:
        """Let the key work no more; return False if it was revoked before."""
        return bool(ApiKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now))

    def take_turn(self, *, now: datetime) -> bool:
        """Count a request; return False if there were API_KEY_REQUESTS_PER_MINUTE in this minute already."""
        is_new_minute = Q(minute_began_at=None) | Q(minute_began_at__lte=now - MINUTE)
        has_room = is_new_minute | Q(used_in_minute__lt=conf.API_KEY_REQUESTS_PER_MINUTE)
        counted = ApiKey.objects.filter(has_room, pk=self.pk, revoked_at=None).update(
            last_used_at=now,
            used_in_minute=Case(When(is_new_minute, then=Value(1)), default=F("used_in_minute") + 1),
            minute_began_at=Case(When(is_new_minute, then=Value(now)), default=F("minute_began_at")),
        )
        return bool(counted)

    @property
    def state_label(self) -> str:
        """Whether a system can use it, for staff."""
        if self.revoked_at:
            return str(_("Revoked"))
        return str(_("Valid") if self.digest else _("Not made yet"))
