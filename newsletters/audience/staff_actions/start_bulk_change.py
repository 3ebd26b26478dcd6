"""Do the same for many readers: note what, for whom and by whom; `work_off_bulk_change` does it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Max

from newsletters.audience.readers.conditions import Conditions, matching
from newsletters.models import BulkChange
from newsletters.publications.permissions import require_permission

Act = BulkChange.Act
RIGHTS = {Act.END: "change_subscription", Act.RESTORE: "change_subscription", Act.ERASE: "delete_subscriber"}


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
    """Note the change for all readers for whom the conditions hold now, and return it; nothing is done yet.

    `people` is the number that the user confirmed; `note` says why readers may be mailed again. Raises NotAllowed.
    """
    require_permission(user, RIGHTS[act])
    newest = matching(conditions, now=now).aggregate(newest=Max("pk"))["newest"]
    return BulkChange.objects.create(
        act=act,
        conditions=conditions.as_json(),
        note=note,
        user=user if isinstance(user, User) else None,
        people=people,
        last_key=newest or 0,
        worked_at=now,
    )
