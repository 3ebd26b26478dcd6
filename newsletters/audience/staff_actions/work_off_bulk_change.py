"""Do what a bulk change says for the next readers."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.set_aside import restore
from newsletters.audience.readers.conditions import Conditions, State, matching
from newsletters.audience.staff_actions.start_bulk_change import RIGHTS
from newsletters.models import BulkChange, Subscriber, Subscription

Act = BulkChange.Act
AT_ONCE = 100  # readers in one transaction


@transaction.atomic
def work_off_bulk_change(change_pk: int, *, now: datetime) -> bool:
    """Do it for the next AT_ONCE readers; return False if there are more.

    It may run twice at the same time or again after it was killed: the row is locked, and what is done is committed
    together with how far it got. It stops if the user has lost the right to it.
    """
    change = BulkChange.objects.select_for_update().filter(pk=change_pk, finished_at=None).first()
    if change is None:
        return True
    user = change.user
    if user is None or not user.has_perm(f"hub_newsletters.{RIGHTS[Act(change.act)]}"):
        change.is_stopped = True
        _finish(change, now=now)
        return True
    conditions = Conditions.from_json(change.conditions)
    readers = list(matching(conditions, older_than=change.last_key + 1, now=now).order_by("-pk")[:AT_ONCE])
    for reader in readers:
        if change.act == Act.ERASE and conditions.state == State.ENDED and reads_something(reader):
            continue  # it ended one subscription of theirs, and they go on with another
        _do(change, reader, newsletter=conditions.newsletter, user=user, now=now)
    change.done += len(readers)
    change.worked_at = now
    if len(readers) < AT_ONCE:
        _finish(change, now=now)
        return True
    change.last_key = readers[-1].pk - 1
    change.save()
    return False


def reads_something(reader: Subscriber) -> bool:
    """Say whether a subscription of theirs has not ended."""
    return reader.subscriptions.exclude(status=Subscription.Status.ENDED).exists()


def _do(change: BulkChange, reader: Subscriber, *, newsletter: int | None, user: User, now: datetime) -> None:
    if change.act == Act.ERASE:
        erase_subscriber(reader, user=user, now=now)
        return
    owned = reader.subscriptions.order_by("pk")
    for subscription in owned.filter(newsletter=newsletter) if newsletter else owned:
        if change.act == Act.END:
            end_subscription(subscription, user=user, now=now)
        else:
            restore(subscription, user=user, note=change.note, now=now)


def _finish(change: BulkChange, *, now: datetime) -> None:
    change.finished_at, change.conditions, change.note = now, {}, ""
    change.save()
