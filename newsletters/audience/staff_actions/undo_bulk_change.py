"""Undo a bulk change, as far as nobody has changed anything since."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from wagtail.log_actions import log

from newsletters.audience.staff_actions.start_bulk_change import RIGHTS
from newsletters.conf import conf
from newsletters.models import (
    BulkChange,
    BulkPiece,
    ConsentEvent,
    ConsentSource,
    Delivery,
    Subscription,
    Suppression,
)
from newsletters.models.audience.suppression import mailbox_digest
from newsletters.publications.permissions import require_permission
from newsletters.sending import ledger

Act = BulkChange.Act
Kind = ConsentEvent.Kind
Status = Subscription.Status


def undoable(*, now: datetime) -> QuerySet[BulkChange]:
    """Return the changes that can be undone, the newest first: those of the last UNDO_BULK_DAYS that erased nobody."""
    changed = BulkPiece.objects.filter(change=OuterRef("pk"), done_at__isnull=False).exclude(before=[])
    since = now - timedelta(days=conf.UNDO_BULK_DAYS)
    found = BulkChange.objects.filter(Exists(changed), finished_at__gt=since, is_undone=False)
    return found.exclude(act=Act.ERASE).order_by("-pk")


@transaction.atomic
def undo_bulk_change(change: BulkChange, *, user: User | AnonymousUser, now: datetime) -> bool:
    """Begin; return False if there is nothing to undo, or it has begun already. `work_off_bulk_change` does it.

    Raises NotAllowed.
    """
    require_permission(user, RIGHTS[Act(change.act)])
    begins = {"is_undone": True, "is_stopped": False, "finished_at": None, "worked_at": now}
    by = user if isinstance(user, User) else None
    if not undoable(now=now).filter(pk=change.pk).order_by().update(**begins, user=by):
        return False
    log(change, "hub_newsletters.undo_bulk_change", user=user, title=f"{change.pk}")
    return True


def undo_piece(change: BulkChange, piece: BulkPiece, *, user: User, now: datetime) -> None:
    """Give the subscriptions of this piece back what they were, in the caller's transaction.

    What readers, staff or mail servers did since counts: then it stays as it is.
    """
    before = {pk: (status, since) for pk, status, since in piece.before}
    untouched = _untouched(change, done_at=piece.done_at, keys=before) if piece.done_at else []
    for subscription in untouched:
        status, since = before[subscription.pk]
        subscription.change_status(Status(status), now=datetime.fromisoformat(since))
        subscription.save()
        kind = Kind.RESTORED if status == Status.ACTIVE else Kind.SET_ASIDE
        if kind == Kind.SET_ASIDE:
            ledger.exclude_unsubscribed(subscription.pk, reason=Delivery.Reason.SET_ASIDE, now=now)
        ConsentEvent.add(subscription, kind=kind, source=ConsentSource.ADMIN, user=user, now=now)
    change.undone += len(untouched)
    change.kept += len(before) - len(untouched)
    piece.delete()


def _untouched(change: BulkChange, *, done_at: datetime, keys: Collection[int]) -> list[Subscription]:
    """Return the subscriptions, locked, to which nothing has happened since `done_at`."""
    later = ConsentEvent.objects.filter(subscription=OuterRef("pk"), at__gt=done_at)
    left = Status.ENDED if change.act == Act.END else Status.ACTIVE
    found = Subscription.objects.filter(
        ~Exists(later), pk__in=keys, status=left, status_changed_at=done_at, heard_at__lte=done_at
    )
    found = found.select_related("subscriber", "locale", "theme_set").select_for_update(of=("self",)).order_by("pk")
    subscriptions = [(mailbox_digest(each.subscriber.email), each) for each in found]
    suppressed = Suppression.objects.filter(digest__in={digest for digest, _each in subscriptions})
    never = set(suppressed.values_list("digest", flat=True))
    return [each for digest, each in subscriptions if digest not in never]
