"""Delete a segment that no unsent issue needs."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.segments.use import issues_using
from newsletters.exceptions import SegmentInUse
from newsletters.models import Segment
from newsletters.publications.permissions import require_counts


@transaction.atomic
def delete_segment(segment: Segment, *, user: User | AnonymousUser) -> None:
    """Delete the segment; sent issues keep what it was. Raises NotAllowed, SegmentInUse."""
    require_counts(user, segment.newsletter)
    if issues_using(segment).exists():
        raise SegmentInUse
    log(segment, "wagtail.delete", user=user, title=segment.name)
    segment.delete()
