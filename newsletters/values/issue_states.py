"""The states of an issue on its way to its readers."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class IssueState(TextChoices):
    """The states of an issue, in the order in which it passes them."""

    DRAFT = "draft", _("Draft")  # somebody is writing it
    IN_REVIEW = "in_review", _("In review")  # it waits for an approval
    APPROVED = "approved", _("Approved")  # it may be sent as it is
    SCHEDULED = "scheduled", _("Scheduled")  # it is sent at a time that somebody chose
    SENDING = "sending", _("Sending")  # mails go out, or wait in a pause
    SENT = "sent", _("Sent")  # nothing is waiting any more
