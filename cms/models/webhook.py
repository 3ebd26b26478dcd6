"""Webhooks: the endpoints that listen to a site, and the log of what was sent to them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TypedDict
from urllib.parse import urlsplit
from uuid import UUID

from django.core.cache.backends.locmem import LocMemCache
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

from cms.conf import webhooks_conf


def new_seed() -> str:
    """Return a random seed from which a secret can be derived."""
    return secrets.token_hex(16)


# Remembers for some seconds that nobody listens to events about persons, so that leaving costs no query for it. Each
# process has its own, and no server for caches has to be there.
nobody_listens = LocMemCache("hub_cms.webhooks", {"timeout": 10})


class WebhookEndpoint(models.Model):
    """A server that is notified of changes on a site.

    Its secret is derived from `seed` (see `cms.webhooks.signing`) and shown once. `old_seed`, the seed before the last
    rotation, also signs until `old_seed_until`.
    """

    class Off(models.TextChoices):
        """Why an endpoint is switched off."""

        BY_HAND = "by_hand", _("Switched off by hand")  # someone pressed the button
        GONE = "gone", _("The receiver answered 410: it is gone")  # it wants no more messages
        FAILING = (
            "failing",
            _("Nothing arrived for days"),
        )  # all attempts were used up, nothing arrived since

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="webhook_endpoints", verbose_name=_("site"))
    url = models.CharField(_("address"), max_length=500, help_text=_("Where the messages are sent by POST."))
    events = models.JSONField(_("events"), default=list)
    note = models.CharField(
        _("note"), max_length=120, blank=True, help_text=_("What listens there, and whom to ask about it.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    off_reason = models.CharField(_("switched off because"), max_length=7, choices=Off.choices, blank=True)
    seed = models.CharField(max_length=32, default=new_seed, editable=False)
    secret_shown_at = models.DateTimeField(_("secret shown"), null=True, editable=False)
    old_seed = models.CharField(max_length=32, blank=True, editable=False)
    old_seed_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["site", "url"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_active=True, off_reason="") | (Q(is_active=False) & ~Q(off_reason="")),
                name="hub_cms_webhook_off_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(old_seed="", old_seed_until__isnull=True)
                | (~Q(old_seed="") & Q(old_seed_until__isnull=False)),
                name="hub_cms_webhook_old_seed_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.note or self.host

    def save(self, *args: object, **kwargs: object) -> None:
        """Save it, and let it hear at once of what happens in this process."""
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # as they come
        nobody_listens.clear()

    def reveal(self, *, now: datetime) -> bool:
        """Record that the secret is being shown; return False if it was shown before."""
        unseen = WebhookEndpoint.objects.filter(pk=self.pk, secret_shown_at=None)
        return bool(unseen.update(secret_shown_at=now))

    def rotate(self, *, now: datetime) -> None:
        """Make a new secret, not yet shown; the old one also signs for a while."""
        WebhookEndpoint.objects.filter(pk=self.pk).update(
            old_seed=F("seed"),
            old_seed_until=now + timedelta(hours=webhooks_conf.OLD_SECRET_HOURS),
            seed=new_seed(),
            secret_shown_at=None,
        )
        self.refresh_from_db()

    def switch_on(self) -> bool:
        """Listen again, and send what waits; return False if the endpoint is already on."""
        return self._switch(is_active=True, off_reason="")

    def switch_off(self, *, reason: WebhookEndpoint.Off) -> bool:
        """Stop listening and sending; waiting messages keep waiting. Return False if the endpoint is already off."""
        return self._switch(is_active=False, off_reason=reason)

    def _switch(self, *, is_active: bool, off_reason: str) -> bool:
        opposite = WebhookEndpoint.objects.filter(pk=self.pk, is_active=not is_active)
        changed = opposite.update(is_active=is_active, off_reason=off_reason)
        self.refresh_from_db()
        nobody_listens.clear()
        return bool(changed)

    def seeds(self, *, now: datetime) -> list[str]:
        """Return the seeds whose secrets sign now, the current one first."""
        return [self.seed, *([self.old_seed] if self.old_seed_until and now < self.old_seed_until else [])]

    @property
    def state_label(self) -> str:
        """“On” or “Off”, for staff."""
        return str(_("On") if self.is_active else _("Off"))

    @property
    def host(self) -> str:
        """The server's name, without the parts of the address that may be secret."""
        return urlsplit(self.url).netloc


class PageWords(TypedDict, total=False):
    """The page in a message's body."""

    id: int
    title: str


class WebhookDelivery(models.Model):
    """An event for an endpoint: `waiting → sending → delivered | waiting … | failed`.

    A row is claimed until its lease ends. Each claim increments `attempts`, which identifies the attempt: a worker that
    comes back too late changes nothing. `body` holds exactly the characters that are signed and sent, unless the event
    is about a person: then it names them by `subject`, a random id, and their data is added when it is sent.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # sent once `next_try_at` has passed
        SENDING = "sending", _("Being sent")  # a worker has it, until its lease ends
        DELIVERED = "delivered", _("Delivered")  # the receiver answered with 2xx
        FAILED = "failed", _("Failed")  # all attempts were used up, or the receiver is gone

    class Trouble(models.TextChoices):
        REFUSED = "refused", _("The receiver answered with an error")  # neither 2xx nor 3xx
        REDIRECT = "redirect", _("The receiver answered with a redirect, which is not followed")  # 3xx
        UNREACHABLE = "unreachable", _("No connection to the receiver")  # no name, no server, no port
        TOO_SLOW = "too_slow", _("The receiver took too long")  # to connect or to answer
        CERTIFICATE = "certificate", _("The receiver's certificate is not valid")  # TLS
        NOT_MADE = "not_made", _("The hub could not make the message")  # a plugin failed
        PRIVATE = "private", _("The address is not public, and nothing is sent to such addresses")  # SSRF
        NO_WORKER = "no_worker", _("The hub stopped while it was sending")  # the lease ended

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField(_("id of the event"))  # the same on every attempt and for every endpoint
    event = models.CharField(_("event"), max_length=60)
    body = models.TextField(_("message"))
    subject = models.UUIDField(_("person"), null=True)  # whom the event is about
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"), null=True)
    leased_until = models.DateTimeField(_("lease ends"), null=True)
    status_code = models.PositiveSmallIntegerField(_("status code"), null=True)
    trouble = models.CharField(_("trouble"), max_length=11, choices=Trouble.choices, blank=True)
    answer = models.CharField(_("answer"), max_length=1000, blank=True)
    created_at = models.DateTimeField(_("created"))
    tried_at = models.DateTimeField(_("last attempt"), null=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name = _("message to a webhook")
        verbose_name_plural = _("messages to webhooks")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event_id"], name="hub_cms_webhook_event_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", next_try_at__isnull=False)
                | (~Q(state="waiting") & Q(next_try_at__isnull=True)),
                name="hub_cms_webhook_waiting_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", leased_until__isnull=False)
                | (~Q(state="sending") & Q(leased_until__isnull=True)),
                name="hub_cms_webhook_sending_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False)
                | (~Q(state="delivered") & Q(delivered_at__isnull=True)),
                name="hub_cms_webhook_delivered_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "state", "next_try_at"], name="hub_cms_webhook_due"),
            models.Index(fields=["created_at"], name="hub_cms_webhook_age"),
            models.Index(
                fields=["subject", "endpoint"], condition=Q(subject__isnull=False), name="hub_cms_webhook_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint.host}"

    @property
    def about(self) -> str:
        """What the message is about, for lists: the page's title, else its key; of a person the id."""
        if self.subject:
            return str(self.subject)
        page = self._page
        return str(page.get("title") or page.get("id", ""))

    @property
    def page_id(self) -> int | None:
        """The key of the page that the message is about; None if it is about no page."""
        return self._page.get("id")

    @property
    def _page(self) -> PageWords:
        page: PageWords = json.loads(self.body).get("data", {}).get("page", {})
        return page

    @property
    def outcome(self) -> str:
        """The HTTP status of the last attempt, else why there was none; empty before the first."""
        if self.status_code is not None:
            return str(self.status_code)
        return "" if self.state == self.State.SENDING else str(self.get_trouble_display())

    @classmethod
    def claim_next(cls, *, endpoint_id: int, now: datetime) -> WebhookDelivery | None:
        """Claim the endpoint's oldest due delivery, with a lease; return None if nothing is due."""
        while True:
            row = cls.next_due(endpoint_id=endpoint_id, now=now)
            if row is None or row.claim(now=now):
                return row

    @classmethod
    def next_due(cls, *, endpoint_id: int, now: datetime) -> WebhookDelivery | None:
        """Return the endpoint's oldest due delivery.

        What is about a person waits for earlier messages about the same person, so that these arrive in order.
        """
        on_its_way = Q(state__in=[cls.State.WAITING, cls.State.SENDING])
        earlier = WebhookDelivery.objects.filter(
            on_its_way, endpoint=endpoint_id, subject=OuterRef("subject"), pk__lt=OuterRef("pk")
        )
        in_turn = Q(subject=None) | ~Exists(earlier)
        return cls.due(now=now).filter(in_turn, endpoint=endpoint_id).order_by("pk").first()

    @classmethod
    def due(cls, *, now: datetime) -> models.QuerySet[WebhookDelivery]:
        """Return the deliveries that should be sent now, including those that a dead worker had claimed."""
        ready = Q(state=cls.State.WAITING, next_try_at__lte=now) | Q(state=cls.State.SENDING, leased_until__lte=now)
        return WebhookDelivery.objects.filter(ready, endpoint__is_active=True).select_related("endpoint")

    def claim(self, *, now: datetime) -> bool:
        """Claim the row unless another worker has since it was read, which `attempts` shows; updates without a join."""
        seen = WebhookDelivery.objects.filter(pk=self.pk, state=self.state, attempts=self.attempts)
        taken = seen.update(
            state=self.State.SENDING,
            attempts=F("attempts") + 1,
            next_try_at=None,
            leased_until=now + timedelta(seconds=webhooks_conf.LEASE_SECONDS),
            tried_at=now,
            status_code=None,
            trouble=self.Trouble.NO_WORKER,  # replaced when the attempt ends
            answer="",
        )
        self.attempts += 1
        return bool(taken)

    def deliver(self, *, status: int, answer: str, now: datetime) -> bool:
        """Record that the receiver has taken the message."""
        return self._settle(state=self.State.DELIVERED, status_code=status, answer=answer, trouble="", delivered_at=now)

    def put_off(self, *, until: datetime, trouble: str, status: int | None, answer: str) -> bool:
        """Record a failed attempt, with another to follow at `until`."""
        return self._settle(
            state=self.State.WAITING, next_try_at=until, trouble=trouble, status_code=status, answer=answer
        )

    def give_up(self, *, trouble: str, status: int | None, answer: str) -> bool:
        """Record a failed attempt, with no automatic one to follow."""
        return self._settle(state=self.State.FAILED, trouble=trouble, status_code=status, answer=answer)

    def _settle(self, **changes: object) -> bool:
        claimed = WebhookDelivery.objects.filter(pk=self.pk, state=self.State.SENDING, attempts=self.attempts)
        return bool(claimed.update(leased_until=None, **changes))

    def send_again(self, *, now: datetime) -> bool:
        """Queue the message again; return False if it is already due or being sent."""
        is_idle = Q(state__in=[self.State.DELIVERED, self.State.FAILED]) | Q(
            state=self.State.WAITING, next_try_at__gt=now
        )
        idle = WebhookDelivery.objects.filter(is_idle, pk=self.pk)
        return bool(idle.update(state=self.State.WAITING, next_try_at=now, delivered_at=None))

    @classmethod
    def rest(cls, *, endpoint_id: int, until: datetime) -> int:
        """Postpone, without an attempt, what is due for an unreachable endpoint; return how many deliveries."""
        waiting = WebhookDelivery.objects.filter(endpoint=endpoint_id, state=cls.State.WAITING, next_try_at__lt=until)
        return waiting.update(next_try_at=until)

    @classmethod
    def prune(cls, *, before: datetime) -> int:
        """Delete deliveries created before then that are not waiting or being sent; return how many."""
        on_its_way = Q(state__in=[cls.State.WAITING, cls.State.SENDING], endpoint__is_active=True)
        return WebhookDelivery.objects.filter(created_at__lt=before).exclude(on_its_way).delete()[0]

    @classmethod
    def forget(cls, *, subjects: Collection[UUID]) -> int:
        """Delete the messages about these people, but for those that are being sent now; return how many."""
        theirs = WebhookDelivery.objects.filter(subject__in=subjects)
        return theirs.exclude(state=cls.State.SENDING).delete()[0]

    @classmethod
    def any_arrived_since(cls, *, endpoint_id: int, then: datetime) -> bool:
        """Return whether the endpoint has taken anything since then."""
        return WebhookDelivery.objects.filter(endpoint=endpoint_id, delivered_at__gte=then).exists()
