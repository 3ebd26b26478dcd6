"""The turns of a dispatch: they limit its delivery tasks, however often the sweeper runs and whatever gets lost.

No task queue says what waits in it, and any may lose a task or run it twice. A turn is a row: it is handed out with a
task, renewed while a worker lives, and given back at the end. A turn that nobody renews expires, and the sweeper hands
out another; a late task finds its turn gone and does nothing.
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
    """Make the turns that are missing to `wanted`, at most WORKERS_PER_DISPATCH in all; return the new ones' keys.

    An expired turn is kept if its task `still_waits` in the queue: there is no free worker just now.
    """
    list(Dispatch.objects.select_for_update().filter(pk=dispatch.pk).values_list("pk"))  # one sweeper at a time
    turns = Turn.objects.filter(dispatch=dispatch)
    expired = turns.filter(expires_at__lt=now)
    waiting = [key for key in expired.values_list("pk", flat=True) if still_waits(key)]
    expired.exclude(pk__in=waiting).delete()
    turns.filter(pk__in=waiting).update(expires_at=_waiting(now))
    missing = min(wanted, conf.WORKERS_PER_DISPATCH) - turns.count()
    return [Turn.objects.create(dispatch=dispatch, expires_at=_waiting(now)).pk for _ in range(missing)]


def keep(turn_pk: int, *, now: datetime) -> bool:
    """Renew the turn while its worker lives; return False if the turn is gone."""
    return bool(Turn.objects.filter(pk=turn_pk).update(expires_at=now + timedelta(seconds=conf.TURN_SECONDS)))


def pass_on(turn_pk: int, *, now: datetime) -> bool:
    """Let the turn wait in the queue for the next worker; return False if it is gone."""
    return bool(Turn.objects.filter(pk=turn_pk).update(expires_at=_waiting(now)))


def give_back(turn_pk: int) -> None:
    """End the turn."""
    Turn.objects.filter(pk=turn_pk).delete()


def _waiting(now: datetime) -> datetime:
    return now + timedelta(seconds=conf.TURN_SECONDS * TIMES_LONGER_IN_QUEUE)
