"""Do the same for many readers: note what, for whom and by whom; `work_off_bulk_change` does it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from newsletters.audience.readers.conditions import Conditions, matching
from newsletters.exceptions import ReadersChanged
from newsletters.models import BulkChange, BulkPiece
from newsletters.publications.permissions import require_permission

Act = BulkChange.Act
RIGHTS = {Act.END: "change_subscription", Act.RESTORE: "change_subscription", Act.ERASE: "delete_subscriber"}


AT_ONCE = 100  # readers of one piece, which is done in one transaction
PIECES_AT_ONCE = 500  # written to the database at a time


@transaction.atomic
def start_bulk_change(
    act: BulkChange.Act,
    *,
    conditions: Conditions,
    people: int,
    note: str = "",
    user: User | AnonymousUser,
    now: datetime,
) -> BulkChange:
    """Note the change for the readers for whom the conditions hold now, and return it; nothing is done yet.

    `people` is the number that the user confirmed; `note` says why readers may be mailed again. Raises NotAllowed, and
    ReadersChanged if they are another number by now.
    """
    require_permission(user, RIGHTS[act])
    change = BulkChange.objects.create(
        act=act,
        conditions=conditions.as_json(),
        note=note,
        user=user if isinstance(user, User) else None,
        people=people,
        worked_at=now,
    )
    found = matching(conditions, now=now).order_by("pk").values_list("pk", flat=True)
    if _freeze(change, found.iterator(AT_ONCE * PIECES_AT_ONCE)) != people:
        raise ReadersChanged
    return change


def _freeze(change: BulkChange, keys: Iterator[int]) -> int:
    """Write down who is meant: nobody who comes to match later; return how many."""
    pieces = (BulkPiece(change=change, number=number, readers=readers) for number, readers in enumerate(_parts(keys)))
    people = 0
    while some := list(islice(pieces, PIECES_AT_ONCE)):
        BulkPiece.objects.bulk_create(some)
        people += sum(len(piece.readers) for piece in some)
    return people


def _parts(keys: Iterator[int]) -> Iterator[list[int]]:
    while part := list(islice(keys, AT_ONCE)):
        yield part
