"""Subscribers, and their subscriptions with language and themes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Value
from django.db.models.functions import StrIndex, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from newsletters.models.newsletter import Newsletter
from newsletters.values.addresses import mailbox_of


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
        row, created = cls.objects.get_or_create(key=" ".join(sorted({theme.slug for theme in themes})))
        if created:
            row.themes.set(themes)
        return row


class MailboxField(models.CharField):
    """The mailbox of the model's `email`, in the one spelling by which addresses are compared."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: ARG002, FBT001 - Django's signature
        mailbox = mailbox_of(model_instance.email)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, mailbox)
        return mailbox


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Subscribers, found by the index on their mailboxes."""

    def at(self, email: str) -> Self:
        """Return the subscriber with this address in any spelling: at most one."""
        return self.filter(mailbox=mailbox_of(email))


class Subscriber(models.Model):
    """A person who reads newsletters, known by an address."""

    email = models.EmailField(_("e-mail address"))
    mailbox = MailboxField(max_length=320, unique=True, editable=False)
    domain = models.GeneratedField(
        expression=Substr("mailbox", StrIndex("mailbox", Value("@")) + 1),
        output_field=models.CharField(max_length=320),
        db_persist=True,
    )
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    address_changed_at = models.DateTimeField(_("address changed"), null=True, editable=False)
    # Names the person to other systems: it tells nothing, and whoever comes back after erasing gets another one.
    public_id = models.UUIDField(_("id for other systems"), default=uuid4, unique=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        ordering = ["email"]
        indexes = [
            models.Index(fields=["domain"], name="hub_newsletters_domain"),
            # For the beginning of a name: PostgreSQL uses it for LIKE, SQLite for a range.
            models.Index(fields=["first_name"], opclasses=["varchar_pattern_ops"], name="hub_newsletters_first_name"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def masked_email(self) -> str:
        """The address as it is shown where somebody else may look: `a•••@example.org`."""
        local, _at, domain = self.email.rpartition("@")
        return f"{local[:1]}•••@{domain}"


class Subscription(models.Model):
    """A subscriber's subscription to one newsletter: only its owner, by confirming, can have made it active."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")  # confirmed: gets the next issue
        ENDED = "ended", _("Ended")  # unsubscribed
        BOUNCED = "bounced", _("Set aside: mail does not arrive")  # their mail server refuses it; staff can undo it
        COMPLAINED = "complained", _("Set aside: called our mail spam")

    class Basis(models.TextChoices):
        CONSENT = "consent", _("They agreed")
        RELATION = "relation", _("They are a member, donor or partner, and were told how to object")

    SET_ASIDE = (Status.BOUNCED, Status.COMPLAINED)

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
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    basis = models.CharField(_("legal basis"), max_length=10, choices=Basis.choices, default=Basis.CONSENT)
    paused_until = models.DateField(_("paused until"), null=True)  # cleared on that day by the clock
    status_changed_at = models.DateTimeField(_("status changed"))
    heard_at = models.DateTimeField(_("last sign of life"), default=timezone.now)  # that only the reader can have given

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        permissions = [
            ("export_subscription", _("Can export subscriptions")),
            ("import_subscription", _("Can import readers")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["subscriber", "newsletter"], name="hub_newsletters_one_subscription_each")
        ]
        indexes = [
            models.Index(
                fields=["newsletter", "status", "locale", "theme_set", "paused_until"], name="hub_newsletters_audience"
            ),
            # Staff ask for readers whose state changed within some days.
            models.Index(fields=["status_changed_at"], name="hub_newsletters_state_changed"),
            # Who sleeps: few rows are old enough.
            models.Index(fields=["heard_at"], name="hub_newsletters_heard"),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber} · {self.newsletter}"

    def lock(self) -> bool:
        """Lock the row and read it again; return False if it is gone, because its owner was erased."""
        rows = Subscription.objects.select_related("newsletter", "locale", "theme_set").select_for_update(of=("self",))
        try:
            self.refresh_from_db(from_queryset=rows)
        except Subscription.DoesNotExist:
            return False
        return True

    def change_status(self, status: Status, *, now: datetime) -> None:
        """Set the status; the caller saves."""
        self.status, self.status_changed_at = status, now
