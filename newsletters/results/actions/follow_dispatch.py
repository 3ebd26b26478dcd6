"""Send an issue to the readers whom its dispatch did not reach, with the editions that were frozen for it."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from newsletters.exceptions import AlreadySent, NoAudience
from newsletters.models import Dispatch
from newsletters.publications.permissions import require
from newsletters.results.unreached import unreached
from newsletters.sending.ledger.insert_deliveries import insert_deliveries


def follow_dispatch(dispatch: Dispatch, *, user: User | AnonymousUser, now: datetime) -> Dispatch:
    """Return a new dispatch of the same issue; the caller starts workers after the commit.

    It leaves out everyone who has a copy or may have one. It sends what was approved, so it needs no new approval.
    Raises AlreadySent while a dispatch of the issue is open, NoAudience if everybody was reached.
    """
    require(user, "send", dispatch.newsletter)
    root = dispatch.follows or dispatch
    try:
        with transaction.atomic():
            follower = _create(root, user=user, now=now)
            insert_deliveries(follower, unreached(root), editions_of=root, now=now, full_if_none=True)
            if not follower.audience:
                raise NoAudience(_("All current subscribers have this issue or cannot get it."))
            data = {"dispatch": follower.pk, "people": follower.audience}
            log(instance=root.issue, action="hub_newsletters.follow", user=user, data=data)
    except IntegrityError as error:
        if Dispatch.objects.filter(issue=root.issue_id, status__in=Dispatch.OPEN).exists():
            raise AlreadySent(_("A sending of this issue is under way. Wait until it has ended.")) from error
        raise
    return follower


def _create(root: Dispatch, *, user: User | AnonymousUser, now: datetime) -> Dispatch:
    is_in_archive = Dispatch.objects.filter(issue=root.issue_id).exclude(status=Dispatch.Status.CANCELLED).exists()
    follower = Dispatch.objects.create(
        issue_id=root.issue_id,
        newsletter_id=root.newsletter_id,
        follows=root,
        recipients=root.recipients,
        key=secrets.token_hex(8),
        domain=root.domain,
        edition_number=root.edition_number,
        content_hash=root.content_hash,
        created_by_id=user.pk,
        created_at=now,
    )
    if not is_in_archive:
        _show_in_archive(follower, root=root)
    return follower


def _show_in_archive(follower: Dispatch, *, root: Dispatch) -> None:
    """Copy the editions with every story to the new dispatch: those of a cancelled dispatch are not shown."""
    for edition in root.editions.filter(theme_set=None, number=root.edition_number):
        edition.pk, edition.dispatch = None, follower
        edition._state.adding = True
        edition.save()
