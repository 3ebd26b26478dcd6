"""The ledger: one dispatch of an issue, and one row for each person's copy."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletters.models.edition import Edition
from newsletters.models.issue import IssuePage
from newsletters.models.newsletter import Newsletter
from newsletters.models.subscriber import Subscription
from newsletters.remarks import in_words


class Dispatch(models.Model):
    """One sending of an issue to the audience that was frozen with it."""

    class Status(models.TextChoices):
        SENDING = "sending", _("Sending")  # workers may take deliveries
        PAUSED = "paused", _("Paused")  # nobody takes deliveries until someone resumes
        FINISHED = "finished", _("Finished")  # nothing is waiting any more
        CANCELLED = "cancelled", _("Cancelled")  # what was not sent will not be sent

    issue = models.ForeignKey(IssuePage, on_delete=models.PROTECT, related_name="dispatches")
    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="dispatches")
    key = models.CharField(_("key"), max_length=16, unique=True)  # random; part of every Message-ID
    domain = models.CharField(_("domain"), max_length=255)  # of the sender, as it was; Message-IDs end in it
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.SENDING)
    status_reason = models.CharField(_("reason"), max_length=255, blank=True)
    retry_at = models.DateTimeField(_("next try"), null=True)  # set while the mail server cannot be reached
    content_hash = models.CharField(_("content hash"), max_length=64)
    edition_number = models.PositiveSmallIntegerField(_("number of its editions"), default=1)  # corrections raise it
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"],
                condition=~models.Q(status="cancelled"),
                name="hub_newsletters_one_dispatch_per_issue",
            )
        ]

    def __str__(self) -> str:
        return f"{self.issue} · {self.get_status_display()}"

    def begin_number(self, number: int, *, content_hash: str) -> None:
        """Say that the editions of this number are those to send and to show from now on."""
        self.edition_number, self.content_hash = number, content_hash
        self.save(update_fields=["edition_number", "content_hash"])


class Delivery(models.Model):
    """One person's copy of an issue.

    `ready → claimed → in_flight → accepted | deferred → … | rejected | uncertain`; `excluded` and `cancelled`
    rows are never sent. A row that is in flight when its worker dies becomes uncertain: SMTP cannot say
    whether it went out (RFC 1047), so a person decides.
    """

    class Status(models.TextChoices):
        READY = "ready", _("Ready")  # waiting for a worker
        CLAIMED = "claimed", _("Claimed")  # a worker has it, until its lease ends
        IN_FLIGHT = "in_flight", _("In flight")  # being handed to the mail server right now
        ACCEPTED = "accepted", _("Accepted")  # the mail server took it
        DEFERRED = "deferred", _("Deferred")  # the mail server asked to try later
        REJECTED = "rejected", _("Rejected")  # the mail server refused it for good
        UNCERTAIN = "uncertain", _("Uncertain")  # the answer was lost; may or may not have gone out
        BOUNCED = "bounced", _("Bounced")  # came back after it was accepted
        COMPLAINED = "complained", _("Complained")  # the reader called it spam
        EXCLUDED = "excluded", _("Excluded")  # in the audience, not sent, for `reason`
        CANCELLED = "cancelled", _("Cancelled")  # the dispatch was cancelled before it was sent

    class Reason(models.TextChoices):
        NO_STORIES = "no_stories", _("No story on a theme they follow")
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed before it was sent")
        UNSENDABLE = "unsendable", _("The address cannot be sent to")

    WAITING = (Status.READY, Status.CLAIMED, Status.IN_FLIGHT, Status.DEFERRED)
    GONE_OUT = (Status.IN_FLIGHT, Status.ACCEPTED, Status.UNCERTAIN, Status.BOUNCED, Status.COMPLAINED)

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="deliveries")
    subscription = models.ForeignKey(Subscription, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, null=True, related_name="deliveries")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    reason = models.CharField(_("reason"), max_length=16, blank=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    first_tried_at = models.DateTimeField(_("first try"), null=True)
    due_at = models.DateTimeField(_("next try"), null=True)
    worker = models.CharField(_("worker"), max_length=40, blank=True)
    leased_until = models.DateTimeField(_("lease ends"), null=True)
    reply = models.CharField(_("server's reply"), max_length=500, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "subscription"], name="hub_newsletters_one_copy_per_person"),
            models.CheckConstraint(
                condition=models.Q(status="excluded") | models.Q(edition__isnull=False),
                name="hub_newsletters_only_excluded_without_edition",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="excluded") | ~models.Q(reason=""),
                name="hub_newsletters_excluded_has_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["claimed", "in_flight"]) | models.Q(leased_until__isnull=False),
                name="hub_newsletters_claimed_has_lease",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="accepted") | models.Q(settled_at__isnull=False),
                name="hub_newsletters_accepted_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["dispatch", "status", "due_at"], name="hub_newsletters_due"),
            models.Index(
                fields=["leased_until"],
                condition=models.Q(status__in=["claimed", "in_flight"]),
                name="hub_newsletters_leases",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_status_display()}"

    @property
    def reply_in_words(self) -> str:
        """What the server said, or what we say where it said nothing."""
        return in_words(self.reply)

    @property
    def message_id(self) -> str:
        """The Message-ID of this copy: derived, so that every try has the same."""
        return f"<{self.pk}.{self.dispatch.key}@{self.dispatch.domain}>"
