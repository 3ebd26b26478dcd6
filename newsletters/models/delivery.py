"""The ledger: one row for each person's copy of an issue, and the rules that the database enforces on it."""

from __future__ import annotations

import re

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsletters.models.audience.subscriber import Subscription
from newsletters.models.dispatch import Dispatch
from newsletters.models.edition import Edition
from newsletters.models.issue import IssuePage
from newsletters.values.remarks import in_words

# The left part of a Message-ID, or of a return path that names a delivery (VERP): `bounce+12.0123456789abcdef@…`.
NAMED_DELIVERY = re.compile(r"(?:^|[<+=])(?P<pk>\d{1,18})\.(?P<key>[0-9a-f]{16})@")


class Delivery(models.Model):
    """One person's copy of an issue.

    `ready → claimed → in_flight → accepted | deferred → … | rejected | uncertain`; `excluded` and `cancelled`
    rows are never sent. A row that is in flight when its worker dies becomes uncertain: SMTP cannot say
    whether it was sent (RFC 1047), so a person decides.
    """

    class Status(models.TextChoices):
        READY = "ready", _("Ready")  # waiting for a worker
        CLAIMED = "claimed", _("Claimed")  # by a worker, until its lease ends
        IN_FLIGHT = "in_flight", _("In flight")  # being sent to the mail server right now
        ACCEPTED = "accepted", _("Accepted")  # the mail server accepted it
        DEFERRED = "deferred", _("Deferred")  # the mail server asked to try again later
        REJECTED = "rejected", _("Rejected")  # the mail server refused it for good
        UNCERTAIN = "uncertain", _("Uncertain")  # the answer was lost; it may or may not have been sent
        BOUNCED = "bounced", _("Bounced")  # came back after it was accepted
        COMPLAINED = "complained", _("Complained")  # the reader called it spam
        EXCLUDED = "excluded", _("Excluded")  # in the audience, not sent, for `reason`
        CANCELLED = "cancelled", _("Cancelled")  # the dispatch was cancelled before it was sent

    class Reason(models.TextChoices):
        NO_STORIES = "no_stories", _("No story on a theme they follow")
        NO_LANGUAGE = "no_language", _("The issue says nothing in their language")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed before it was sent")
        SET_ASIDE = "set_aside", _("Set aside before it was sent")
        UNSENDABLE = "unsendable", _("Mail cannot be sent to this address")
        HAS_A_COPY = "has_a_copy", _("Has a copy from another sending of this issue")

    class BounceClass(models.TextChoices):
        HARD = "hard", _("The address does not exist")  # sending there again does harm
        FULL = "full", _("The mailbox is full")  # another attempt may succeed
        OURS = "ours", _("The server refuses us, not the reader")  # policy, authentication, reputation
        SLOW = "slow", _("The server asks us to slow down")
        LATER = "later", _("The server asks us to try again later")
        OTHER = "other", _("Refused for another reason")

    WAITING = (Status.READY, Status.CLAIMED, Status.IN_FLIGHT, Status.DEFERRED)
    UNSENT = (Status.READY, Status.CLAIMED, Status.DEFERRED)
    GONE_OUT = (Status.IN_FLIGHT, Status.ACCEPTED, Status.UNCERTAIN, Status.BOUNCED, Status.COMPLAINED)

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    # The dispatch's issue again, so that the database itself ensures that nobody gets two copies of an issue.
    issue = models.ForeignKey(
        IssuePage, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.SET_NULL, null=True, related_name="deliveries", db_index=False
    )
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, related_name="deliveries", db_index=False)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason.choices, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    first_tried_at = models.DateTimeField(_("first attempt"), null=True)
    due_at = models.DateTimeField(_("next attempt"), null=True)
    worker = models.CharField(_("worker"), max_length=40, blank=True)
    leased_until = models.DateTimeField(_("lease ends"), null=True)
    # The last sign of life from the worker of a delivery that became uncertain because the worker fell silent.
    worker_seen_at = models.DateTimeField(_("worker last alive"), null=True)
    reply = models.CharField(_("server's reply"), max_length=500, blank=True)
    bounce_class = models.CharField(
        _("kind of refusal"), max_length=8, choices=BounceClass.choices, blank=True, db_default=""
    )
    settled_at = models.DateTimeField(_("settled"), null=True)
    came_back_at = models.DateTimeField(_("came back"), null=True)  # set if it bounced or was called spam

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            # Also the index from a subscription to its deliveries.
            models.UniqueConstraint(fields=["subscription", "dispatch"], name="hub_newsletters_one_copy_per_person"),
            models.UniqueConstraint(
                fields=["issue", "subscription"],
                condition=Q(status__in=["in_flight", "accepted", "uncertain", "bounced", "complained"]),
                name="hub_newsletters_one_copy_gone_out_per_issue",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "ready",
                        "claimed",
                        "in_flight",
                        "accepted",
                        "deferred",
                        "rejected",
                        "uncertain",
                        "bounced",
                        "complained",
                        "excluded",
                        "cancelled",
                    ]
                ),
                name="hub_newsletters_delivery_has_known_status",
            ),
            models.CheckConstraint(
                condition=Q(status="excluded") ^ Q(reason=""),
                name="hub_newsletters_excluded_and_only_that_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(status="excluded") | Q(edition__isnull=False),
                name="hub_newsletters_only_excluded_without_edition",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["claimed", "in_flight"], leased_until__isnull=False) & ~Q(worker="")
                | ~Q(status__in=["claimed", "in_flight"]) & Q(leased_until__isnull=True),
                name="hub_newsletters_leased_while_a_worker_has_it",
            ),
            models.CheckConstraint(
                # The worker of an uncertain delivery may come back with the answer.
                condition=Q(status__in=["claimed", "in_flight", "uncertain"]) | Q(worker=""),
                name="hub_newsletters_worker_only_while_it_has_it",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["ready", "claimed", "in_flight", "deferred", "uncertain"])
                ^ Q(settled_at__isnull=False),
                name="hub_newsletters_settled_has_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="deferred") | Q(due_at__isnull=False),
                name="hub_newsletters_deferred_has_next_try",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "rejected", "uncertain", "bounced", "complained"])
                | Q(attempts__gte=1, first_tried_at__isnull=False),
                name="hub_newsletters_answered_was_tried",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["bounced", "complained"]) ^ Q(came_back_at__isnull=True),
                name="hub_newsletters_came_back_has_time",
            ),
        ]
        indexes = [
            # Counting by state and reason reads only this index; claims and lists follow it in key order.
            models.Index(fields=["dispatch", "status", "reason", "id"], name="hub_newsletters_by_state"),
            # Counting mails per minute reads only this index.
            models.Index(fields=["dispatch", "settled_at", "status"], name="hub_newsletters_settled"),
            models.Index(
                fields=["dispatch", "due_at"], condition=Q(status="deferred"), name="hub_newsletters_deferred"
            ),
            models.Index(
                fields=["leased_until"],
                condition=Q(status__in=["claimed", "in_flight"]),
                name="hub_newsletters_leases",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_status_display()}"

    @property
    def reply_in_words(self) -> str:
        """The server's reply, or our own remark where there is none."""
        return in_words(self.reply)

    @property
    def message_id(self) -> str:
        """The Message-ID of this copy: derived, so that every attempt has the same."""
        return self.dispatch.message_id_of(self.pk)

    @classmethod
    def of_message_id(cls, message_id: str) -> Delivery | None:
        """Return the delivery of this Message-ID, with or without its brackets, or of this VERP address; else None.

        Whoever got a mail can guess the Message-IDs of other mails in its dispatch: the caller decides what to trust.
        """
        named = NAMED_DELIVERY.search(message_id.strip())
        if named is None:
            return None
        return cls.objects.select_related("dispatch").filter(pk=named["pk"], dispatch__key=named["key"]).first()
