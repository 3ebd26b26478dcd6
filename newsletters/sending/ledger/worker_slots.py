"""The turns of a dispatch: how its delivery tasks stay few, however often the sweeper looks and whatever gets lost.

No engine says what waits in its queue, and each may lose a task or run it twice. A turn is a row: it is handed out with
a task, kept while a worker lives, and given back at the end. One that nobody keeps expires, and the sweeper hands out
another; the late task finds its turn gone and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from newsletters.conf import conf
from newsletters.models import Dispatch, Turn

TIMES_LONGER_IN_QUEUE = 5  # a task may have to wait for a free worker


@transaction.atomic
def hand_out(dispatch: Dispatch, *, wanted: int, now: datetime, still_waits: Callable[[int], bool]) -> list[int]:
    """Return the keys of as many new turns as are missing to `wanted`, at most WORKERS_PER_DISPATCH in all.

    One that has expired is kept if its task `still_waits` in the queue: there is no worker just now.
    """
    list(Dispatch.objects.select_for_update().filter(pk=dispatch.pk).values_list("pk"))  # one sweeper after the other
    turns = Turn.objects.filter(dispatch=dispatch)
    expired = turns.filter(expires_at__lt=now)
    waiting = [key for key in expired.values_list("pk", flat=True) if still_waits(key)]
    expired.exclude(pk__in=waiting).delete()
    turns.filter(pk__in=waiting).update(expires_at=_waiting(now))
    missing = min(wanted, conf.WORKERS_PER_DISPATCH) - turns.count()
    return [Turn.objects.create(dispatch=dispatch, expires_at=_waiting(now)).pk for _ in range(missing)]


def keep(turn_pk: int, *, now: datetime) -> bool:
    """Say that the worker of this turn lives; False if the turn was taken away."""
    return bool(Turn.objects.filter(pk=turn_pk).update(expires_at=now + timedelta(seconds=conf.TURN_SECONDS)))


def pass_on(turn_pk: int, *, now: datetime) -> bool:
    """Say that the turn waits in the queue for the next worker; False if it was taken away."""
    return bool(Turn.objects.filter(pk=turn_pk).update(expires_at=_waiting(now)))


def give_back(turn_pk: int) -> None:
    """End the turn."""
    Turn.objects.filter(pk=turn_pk).delete()


def _waiting(now: datetime) -> datetime:
    return now + timedelta(seconds=conf.TURN_SECONDS * TIMES_LONGER_IN_QUEUE)
