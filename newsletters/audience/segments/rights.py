"""Who may read a segment's conditions, and its exact number of readers."""

from __future__ import annotations

from collections.abc import Iterable

from newsletters.audience.segments.kinds import condition_kind
from newsletters.models import Condition, Newsletter, Recipients
from newsletters.models.rights import AnyUser
from newsletters.publications.permissions import may_see_readers


def may_read(conditions: Iterable[Condition], *, user: AnyUser, newsletter: Newsletter) -> bool:
    """Say whether the user may read and write these conditions: those that describe people need the right to see them.

    Whoever sees counts only could otherwise ask whether somebody with a domain of their own is a reader. Conditions
    whose kind is gone, as that of a deleted own field, may have described people, too.
    """
    kinds = (condition_kind(condition.kind) for condition in conditions)
    is_about_people = any(kind is None or kind.describes_people for kind in kinds)
    return not is_about_people or may_see_readers(user, newsletter)


def may_read_all(recipients: Recipients, *, user: AnyUser, newsletter: Newsletter) -> bool:
    """Say whether the user may read the conditions of all segments that limit these recipients."""
    return all(may_read(segment.conditions, user=user, newsletter=newsletter) for segment in recipients.segments)
