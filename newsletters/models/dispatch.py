"""One dispatch of an issue: the audience that was frozen for it, and the state of its sending."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from newsletters.models.audience.recipients import Recipients
from newsletters.models.issue import IssuePage
from newsletters.models.newsletter import Newsletter
from newsletters.values.issue_states import IssueState


class Dispatch(models.Model):
    """One sending of an issue to the audience that was frozen with it.

    A dispatch with `follows` sends the same editions later, to those whom the first dispatch did not reach.
    """

    class Status(models.TextChoices):
        SENDING = "sending", _("Sending")  # workers may claim deliveries
        PAUSED = "paused", _("Paused")  # no worker claims deliveries until someone resumes it
        FINISHED = "finished", _("Finished")  # nothing is waiting any more
        CANCELLED = "cancelled", _("Cancelled")  # what was not sent will not be sent

    OPEN = (Status.SENDING, Status.PAUSED)
    CLOSED = (Status.FINISHED, Status.CANCELLED)

    issue = models.ForeignKey(IssuePage, on_delete=models.PROTECT, related_name="dispatches")
    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="dispatches")
    follows = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="followers")
    key = models.CharField(_("key"), max_length=16, unique=True)  # random; part of every Message-ID
    # Whom it was started for (`Recipients`), as that was; a dispatch that follows this one goes by the same.
    recipients = models.JSONField(default=dict, editable=False)
    domain = models.CharField(_("domain"), max_length=255)  # the sender's, at that time; Message-IDs end in it
    audience = models.PositiveIntegerField(_("audience"), default=0)  # how many deliveries were frozen
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.SENDING)
    status_reason = models.CharField(_("reason"), max_length=255, blank=True)
    retry_at = models.DateTimeField(_("next attempt"), null=True)  # set while it waits for the server or for a limit
    content_hash = models.CharField(_("content hash"), max_length=64)
    edition_number = models.PositiveSmallIntegerField(_("edition number"), default=1)  # corrections raise it
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("created"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("dispatch")
        verbose_name_plural = _("dispatches")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issue"],
                condition=~Q(status="cancelled") & Q(follows__isnull=True),
                name="hub_newsletters_one_dispatch_per_issue",
            ),
            models.UniqueConstraint(
                fields=["issue"],
                condition=Q(status__in=["sending", "paused"]),
                name="hub_newsletters_one_open_dispatch_per_issue",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["sending", "paused"], finished_at__isnull=True)
                | Q(status__in=["finished", "cancelled"], finished_at__isnull=False),
                name="hub_newsletters_closed_dispatch_has_time",
            ),
            models.CheckConstraint(
                condition=Q(retry_at__isnull=True) | Q(status="sending"),
                name="hub_newsletters_only_sending_dispatch_waits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue} · {self.get_status_display()}"

    def message_id_of(self, delivery_pk: int) -> str:
        """Return the Message-ID of one of its deliveries: derived, so that every attempt has the same."""
        return f"<{delivery_pk}.{self.key}@{self.domain}>"

    def begin_number(self, number: int, *, content_hash: str) -> None:
        """Make the editions of this number those to send and to show from now on."""
        self.edition_number, self.content_hash = number, content_hash
        self.save(update_fields=["edition_number", "content_hash"])

    @property
    def frozen_recipients(self) -> Recipients:
        """Whom it was started for, as that was then."""
        return Recipients.from_json(self.recipients)

    @property
    def is_open(self) -> bool:
        """Whether it is neither finished nor cancelled."""
        return self.status in self.OPEN

    @property
    def is_open_to_correction(self) -> bool:
        """Whether those who have not got the issue yet may get a corrected one: in its first sending, while paused."""
        return self.status == self.Status.PAUSED and self.follows_id is None

    @property
    def issue_state(self) -> IssueState:
        """The state of an issue with this dispatch."""
        return IssueState.SENT if self.status == self.Status.FINISHED else IssueState.SENDING


class Turn(models.Model):
    """A worker's slot in a dispatch. A task whose slot has expired and was taken away does nothing."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="turns")
    expires_at = models.DateTimeField()  # extended while the worker lives; afterwards another worker may get a slot

    class Meta:
        verbose_name = "turn"
        verbose_name_plural = "turns"

    def __str__(self) -> str:
        return f"{self.pk} until {self.expires_at:%H:%M:%S}"
