"""Start sending an approved issue: freeze its editions and its audience in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from newsletters.audience.queries import all_have_paused, readers_left_out
from newsletters.audience.segments.rules import with_words
from newsletters.editions.compile_issue import CompiledIssue, compile_issue, require_agreed
from newsletters.exceptions import AlreadySent, EverybodyPaused, NoAudience, NotApproved
from newsletters.issues.actions.freeze_audience import freeze_audience
from newsletters.issues.checking import require_sound
from newsletters.issues.queries import current_dispatch
from newsletters.models import Approval, Delivery, Dispatch, IssuePage, Newsletter, Schedule
from newsletters.publications.permissions import require


def start_dispatch(issue: IssuePage, *, left_out: Collection[str] = (), user: User | None, now: datetime) -> Dispatch:
    """Return the dispatch, its deliveries ready for the workers; the caller starts a worker after the commit.

    `left_out` are the codes of the languages that the sender agreed to leave out. Raises LanguagesLeftOut if the issue
    leaves out others, NotApproved if this content was not approved, ChecksFailed if the checks find an error,
    NoAudience if nobody would get it, AlreadySent if it has a dispatch, IssueProblem if it cannot be compiled; then
    nothing is saved.
    """
    newsletter = issue.newsletter
    require(user, "send", newsletter)
    revision = issue.get_latest_revision() or issue.save_revision(user=user)
    latest = revision.as_object()
    compiled = compile_issue(latest, newsletter=newsletter, now=now)
    approval = Approval.newest_of(issue)
    if approval is None or approval.content_hash != compiled.content_hash:
        raise NotApproved
    if current_dispatch(issue):
        raise AlreadySent
    require_agreed(compiled, left_out=left_out)
    require_sound(latest, compiled=compiled, now=now)
    try:
        with transaction.atomic():
            dispatch = _create_dispatch(issue, newsletter=newsletter, compiled=compiled, user=user, now=now)
            if not freeze_audience(dispatch, compiled=compiled, now=now):
                raise _no_audience(newsletter, compiled=compiled)
            if not dispatch.deliveries.filter(status=Delivery.Status.READY).exists():
                raise NoAudience(
                    _("Nobody would get this issue: it has nothing in their languages or on their themes.")
                )
            _close_schedule(issue, now=now)
            # It is public in the archive exactly as it was sent; the right to send is enough for that.
            revision.publish(user=user, skip_permission_checks=True)
            data = {
                "dispatch": dispatch.pk,
                "left_out": readers_left_out(newsletter, compiled.left_out, to=compiled.recipients),
            }
            log(instance=issue, action="hub_newsletters.send", user=user, data=data)
    except IntegrityError as error:
        if Dispatch.objects.filter(issue=issue).exclude(status=Dispatch.Status.CANCELLED).exists():
            raise AlreadySent from error
        raise
    return dispatch


def _no_audience(newsletter: Newsletter, *, compiled: CompiledIssue) -> NoAudience:
    if all_have_paused(newsletter):
        return EverybodyPaused()
    words = _("Nobody would get this issue: “{newsletter}” has no active subscriptions yet.")
    if compiled.recipients.segments:
        words = _("Nobody would get this issue: no reader of “{newsletter}” is in its segment.")
    return NoAudience(format_lazy(words, newsletter=newsletter.name))


def _close_schedule(issue: IssuePage, *, now: datetime) -> None:
    """Withdraw the schedule: the issue is sent now."""
    for schedule in Schedule.objects.filter(issue=issue, ended_at=None):
        schedule.end(Schedule.Status.WITHDRAWN, was=[Schedule.Status.WAITING], now=now)


def _create_dispatch(
    issue: IssuePage, *, newsletter: Newsletter, compiled: CompiledIssue, user: User | None, now: datetime
) -> Dispatch:
    return Dispatch.objects.create(
        issue_id=issue.pk,
        newsletter=newsletter,
        recipients=with_words(compiled.recipients, newsletter=newsletter).to_json(),
        key=secrets.token_hex(8),
        domain=newsletter.domain,
        content_hash=compiled.content_hash,
        created_by=user,
        created_at=now,
    )
