"""Do what a bulk change says for the next readers, or undo it for them."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.set_aside import restore
from newsletters.audience.readers.conditions import Conditions, State, matching
from newsletters.audience.staff_actions.start_bulk_change import RIGHTS
from newsletters.audience.staff_actions.undo_bulk_change import undo_piece
from newsletters.models import BulkChange, BulkPiece, Subscriber, Subscription

Act = BulkChange.Act
Before = tuple[int, str, str]  # a subscription's key, its status, and since when


@transaction.atomic
def work_off_bulk_change(change_pk: int, *, now: datetime) -> bool:
    """Do it for the readers of the next piece; return False if there are more.

    It may run twice at the same time or again after it was killed: the row is locked, and what is done is committed
    together with how far it got. It stops if the user has lost the right to it.
    """
    change = BulkChange.objects.select_for_update().filter(pk=change_pk, finished_at=None).first()
    if change is None:
        return True
    user = change.user
    if user is None or not user.has_perm(f"hub_newsletters.{RIGHTS[Act(change.act)]}"):
        change.is_stopped = True
        return _finish(change, now=now)
    done = change.pieces.filter(done_at__isnull=not change.is_undone)
    pieces = list(done.order_by("-number")[:2])  # those who joined last first, as the list shows them
    if pieces and change.is_undone:
        undo_piece(change, pieces[0], user=user, now=now)
    elif pieces:
        _do_piece(change, pieces[0], user=user, now=now)
    change.worked_at = now
    if len(pieces) < 2:  # there is no next one
        return _finish(change, now=now)
    change.save()
    return False


def _do_piece(change: BulkChange, piece: BulkPiece, *, user: User, now: datetime) -> None:
    """Do it for those of the piece for whom the conditions still hold: others have changed something themselves."""
    conditions = Conditions.from_json(change.conditions)
    readers = list(matching(conditions, now=now).filter(pk__in=piece.readers).order_by("-pk"))
    for reader in readers:
        if change.act == Act.ERASE and conditions.state == State.ENDED and reads_something(reader):
            continue  # it ended one subscription of theirs, and they go on with another
        piece.before += _do(change, reader, newsletter=conditions.newsletter, user=user, now=now)
    change.done += len(readers)
    piece.done_at = now
    piece.save()


def reads_something(reader: Subscriber) -> bool:
    """Say whether a subscription of theirs has not ended."""
    return reader.subscriptions.exclude(status=Subscription.Status.ENDED).exists()


def _do(change: BulkChange, reader: Subscriber, *, newsletter: int | None, user: User, now: datetime) -> list[Before]:
    """Do it for one reader; return how their subscriptions were that it changed."""
    if change.act == Act.ERASE:
        erase_subscriber(reader, user=user, now=now)
        return []
    changed: list[Before] = []
    owned = reader.subscriptions.order_by("pk")
    for subscription in owned.filter(newsletter=newsletter) if newsletter else owned:
        before = (subscription.pk, subscription.status, subscription.status_changed_at.isoformat())
        if change.act == Act.END:
            end_subscription(subscription, user=user, now=now)
        else:
            restore(subscription, user=user, note=change.note, now=now)
        if subscription.status != before[1]:
            changed.append(before)
    return changed


def _finish(change: BulkChange, *, now: datetime) -> bool:
    """Note that there is nothing more to do, and return True."""
    change.finished_at, change.conditions, change.note = now, {}, ""
    change.save()
    if change.act == Act.ERASE:
        change.pieces.all().delete()  # nothing to undo
    return True
