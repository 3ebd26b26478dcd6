"""Save a segment, new or changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.audience.segments.rights import may_read
from newsletters.audience.segments.rules import read_forms
from newsletters.exceptions import NotAllowed
from newsletters.models import Condition, Segment
from newsletters.models.audience.recipients import read_conditions
from newsletters.publications.permissions import require_counts


@transaction.atomic
def save_segment(
    segment: Segment, *, name: str, match: str, conditions: Sequence[Condition], user: User | AnonymousUser
) -> None:
    """Give the segment this name and these conditions; the approval of an issue that uses it becomes void.

    Raises NotAllowed, also for conditions that describe people if the user may not see addresses, and BrokenSegment if
    the conditions cannot be read; then nothing is saved.
    """
    require_counts(user, segment.newsletter)
    read_forms(conditions, newsletter=segment.newsletter)
    touched = [*read_conditions(segment.conditions), *conditions]
    if not may_read(touched, user=user, newsletter=segment.newsletter):
        raise NotAllowed
    is_new = segment.pk is None
    segment.name, segment.match = name, match
    segment.conditions = [asdict(condition) for condition in conditions]
    segment.save()
    log(segment, "wagtail.create" if is_new else "wagtail.edit", user=user, title=name)
