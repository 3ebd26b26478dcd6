"""Subscribers, their subscriptions with language and themes, and how they gave or withdrew consent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from newsletters.models.newsletter import Newsletter


class ThemeSet(models.Model):
    """A set of followed themes; subscribers with the same set and language share an edition."""

    key = models.CharField(_("key"), max_length=255, unique=True)  # slugs, sorted, joined by a space
    themes = models.ManyToManyField(Theme, related_name="+", verbose_name=_("themes"))

    class Meta:
        verbose_name = _("set of themes")
        verbose_name_plural = _("sets of themes")
        ordering = ["key"]

    def __str__(self) -> str:
        return ", ".join(str(theme) for theme in self.themes.all())

    @classmethod
    def of(cls, themes: Collection[Theme]) -> ThemeSet:
        """Return the one row for exactly these themes."""
        row, created = cls.objects.get_or_create(key=" ".join(sorted(theme.slug for theme in themes)))
        if created:
            row.themes.set(themes)
        return row


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Subscribers, found by the index on their addresses."""

    def at(self, email: str) -> Self:
        """Return the subscriber with this address, ignoring case: at most one."""
        return self.alias(address=Lower("email")).filter(address=Lower(models.Value(email)))


class Subscriber(models.Model):
    """A person who reads newsletters, known by an address."""

    email = models.EmailField(_("e-mail address"))
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="hub_newsletters_one_subscriber_per_address")]

    def __str__(self) -> str:
        return self.email


class Subscription(models.Model):
    """A subscriber's subscription to one newsletter."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting for confirmation")  # asked for, not confirmed by mail yet
        ACTIVE = "active", _("Active")  # confirmed: gets the next issue
        ENDED = "ended", _("Ended")  # unsubscribed

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="subscriptions", verbose_name=_("subscriber")
    )
    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="subscriptions", verbose_name=_("newsletter")
    )
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+", verbose_name=_("language"))
    theme_set = models.ForeignKey(
        ThemeSet, on_delete=models.PROTECT, related_name="subscriptions", verbose_name=_("themes")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, default=Status.PENDING)
    status_changed_at = models.DateTimeField(_("status changed"))

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "newsletter"], name="hub_newsletters_one_subscription_each")
        ]
        indexes = [
            models.Index(fields=["newsletter", "status", "locale", "theme_set"], name="hub_newsletters_audience")
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} · {self.newsletter}"

    def change_status(self, status: Status, *, now: datetime) -> None:
        """Set the status; the caller saves."""
        self.status, self.status_changed_at = status, now


class ConsentEvent(models.Model):
    """What a subscriber agreed to or withdrew: events are added, never changed."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("Requested")  # a form was sent in with this address
        CONFIRMED = "confirmed", _("Confirmed")  # the link in the confirmation mail was used
        CHANGED = "changed", _("Changed")  # themes or language were changed
        WITHDRAWN = "withdrawn", _("Withdrawn")  # unsubscribed

    class Source(models.TextChoices):
        API = "api", _("Website")
        SIGN_UP = "sign-up page", _("Sign-up page")
        CONFIRMATION = "confirmation page", _("Link in the confirmation mail")
        PREFERENCES = "preferences page", _("Preferences page")
        UNSUBSCRIBE = "unsubscribe page", _("Unsubscribe page")
        ONE_CLICK = "one-click", _("Unsubscribe button of the mail program")
        ADMIN = "admin", _("Staff")

    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, related_name="consent_events", verbose_name=_("subscription")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    source = models.CharField(_("source"), max_length=40, choices=Source.choices)
    language = models.CharField(_("language"), max_length=12)
    wording = models.TextField(_("wording"), blank=True)
    themes = models.CharField(_("themes"), max_length=255, blank=True)
    message_id = models.CharField(_("confirmation's Message-ID"), max_length=255, blank=True)
    mail_due_at = models.DateTimeField(null=True, editable=False)  # set until the confirmation mail is sent
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        ordering = ["-at"]
        indexes = [
            models.Index(
                fields=["mail_due_at"],
                condition=models.Q(mail_due_at__isnull=False),
                name="hub_newsletters_confirm_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
