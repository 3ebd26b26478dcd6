"""Readers to whom the latest issues were sent, or not."""

from __future__ import annotations

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy, ngettext

from newsletters.audience.segments.condition import ConditionForm
from newsletters.models import Delivery, Dispatch

MOST_ISSUES = 6


class SentCondition(ConditionForm):
    """Each of the latest issues was sent to them, or none of these was.

    An issue counts once a mail with it has been sent to them, whatever became of that mail.
    """

    kind = "sent"
    label = gettext_lazy("Latest issues")

    which = forms.ChoiceField(
        label=gettext_lazy("They were sent"),
        choices=[
            ("every", gettext_lazy("every one of the latest issues")),
            ("none", gettext_lazy("none of the latest issues")),
        ],
    )
    issues = forms.IntegerField(
        label=gettext_lazy("How many issues back"), min_value=1, max_value=MOST_ISSUES, initial=3
    )

    def words(self) -> str:
        """Return "were sent the last 3 issues"."""
        count = self.cleaned_data["issues"]
        words = (
            ngettext("were sent the last issue", "were sent every one of the last %(count)s issues", count)
            if self.cleaned_data["which"] == "every"
            else ngettext("were not sent the last issue", "were sent none of the last %(count)s issues", count)
        )
        return words % {"count": count}

    def q(self) -> Q:
        """Look for deliveries of the issues whose sending was started last and not cancelled.

        The issue itself is none of them, nor is any that was started after it: whom it was sent is fixed then.
        """
        dispatches = self.newsletter.dispatches.filter(follows=None).exclude(status=Dispatch.Status.CANCELLED)
        if own := dispatches.filter(issue=self.issue).first():
            is_earlier = Q(created_at__lt=own.created_at) | Q(created_at=own.created_at, pk__lt=own.pk)
            dispatches = dispatches.filter(is_earlier)
        dispatches = dispatches.exclude(issue=self.issue)
        newest = dispatches.order_by("-created_at", "-pk").values_list("issue", flat=True)
        latest = list(newest[: self.cleaned_data["issues"]])
        if self.cleaned_data["which"] == "none":
            return ~Q(_sent(issue__in=latest))
        found = Q(pk__isnull=False) if latest else Q(pk__in=[])
        for issue in latest:
            found &= Q(_sent(issue=issue))
        return found


def _sent(**issues: object) -> Exists:
    return Exists(Delivery.objects.filter(subscription=OuterRef("pk"), status__in=Delivery.GONE_OUT, **issues))
