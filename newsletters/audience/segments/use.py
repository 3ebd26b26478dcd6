"""Which issues need a segment."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from newsletters.models import Dispatch, IssuePage, Segment


def issues_using(segment: Segment) -> QuerySet[IssuePage]:
    """Return the issues whose newest revision names the segment and that have not been sent to the end."""
    sent = Dispatch.objects.filter(issue=OuterRef("pk"), status=Dispatch.Status.FINISHED)
    in_row = Q(latest_revision=None) & (Q(send_to=segment) | Q(not_to=segment))
    in_revision = Q(latest_revision__content__send_to=segment.pk) | Q(latest_revision__content__not_to=segment.pk)
    return IssuePage.objects.filter(in_row | in_revision, ~Exists(sent)).order_by("pk")
