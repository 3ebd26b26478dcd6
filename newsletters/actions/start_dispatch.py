"""Start sending an approved issue: freeze its editions and its audience in one transaction."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import BigIntegerField, Exists, F, OuterRef, Value
from django.utils.translation import gettext as _
from wagtail.log_actions import log

from newsletters.actions.compile_issue import CompiledIssue, compile_issue
from newsletters.compile.edition import CompiledEdition, compile_edition, has_stories
from newsletters.exceptions import AlreadySent, NoAudience, NotApproved
from newsletters.issue_checks import require_sound
from newsletters.models import Delivery, Dispatch, Edition, IssuePage, Newsletter, Schedule
from newsletters.queries import Variant, audience, newest_approval, variants


def start_dispatch(issue: IssuePage, *, user: Any, now: datetime) -> Dispatch:
    """Return the dispatch, its deliveries ready for the workers; the caller starts a worker after the commit.

    Raises NotApproved if this content was not approved, ChecksFailed if something has to be mended first, NoAudience
    if nobody would get it, AlreadySent if it has a dispatch, IssueProblem if it cannot be compiled. Nothing is saved
    then.
    """
    newsletter = issue.newsletter
    revision = issue.get_latest_revision() or issue.save_revision(user=user)
    latest = revision.as_object()
    compiled = compile_issue(latest, newsletter=newsletter, now=now)
    approval = newest_approval(issue)
    if approval is None or approval.content_hash != compiled.content_hash:
        raise NotApproved
    require_sound(latest, compiled=compiled, now=now)
    try:
        with transaction.atomic():
            dispatch = _create_dispatch(issue, newsletter=newsletter, compiled=compiled, user=user, now=now)
            _freeze(dispatch, compiled=compiled)
            _close_schedule(issue, now=now)
            # Public in the archive, exactly as it was sent; the right to send is right enough.
            revision.publish(user=user, skip_permission_checks=True)
            log(instance=issue, action="hub_newsletters.send", user=user, data={"dispatch": dispatch.pk})
    except IntegrityError as error:
        if Dispatch.objects.filter(issue=issue).exclude(status=Dispatch.Status.CANCELLED).exists():
            raise AlreadySent from error
        raise
    return dispatch


def _close_schedule(issue: IssuePage, *, now: datetime) -> None:
    """Take back the time that was chosen: the issue is sent now."""
    for schedule in Schedule.objects.filter(issue=issue, ended_at=None):
        schedule.end(Schedule.Status.WITHDRAWN, was=[Schedule.Status.WAITING], now=now)


def _create_dispatch(
    issue: IssuePage, *, newsletter: Newsletter, compiled: CompiledIssue, user: Any, now: datetime
) -> Dispatch:
    return Dispatch.objects.create(
        issue_id=issue.pk,
        newsletter=newsletter,
        key=secrets.token_hex(8),
        domain=newsletter.domain,
        content_hash=compiled.content_hash,
        created_by=user,
        created_at=now,
    )


def _freeze(dispatch: Dispatch, *, compiled: CompiledIssue) -> None:
    for locale, full in compiled.editions.items():
        _save_edition(dispatch, full, locale=locale, theme_set=None)
    people = 0
    for variant in variants(dispatch.newsletter):
        content = compiled.contents[variant.locale]
        if has_stories(content, followed=variant.followed):
            compiled_edition = compile_edition(content, followed=variant.followed)
            edition = _save_edition(dispatch, compiled_edition, locale=variant.locale, theme_set=variant.theme_set)
            people += _insert_deliveries(dispatch, variant, edition=edition, status=Delivery.Status.READY)
        else:
            people += _insert_deliveries(
                dispatch,
                variant,
                edition=None,
                status=Delivery.Status.EXCLUDED,
                reason=Delivery.Reason.NO_STORIES,
            )
    if people == 0:
        raise NoAudience(
            _("Nobody would get this issue: “%(newsletter)s” has no active subscriptions yet.")
            % {"newsletter": dispatch.newsletter.name}
        )


def _save_edition(dispatch: Dispatch, compiled: CompiledEdition, *, locale: Any, theme_set: Any) -> Edition:
    return Edition.objects.create(
        dispatch=dispatch,
        locale=locale,
        theme_set=theme_set,
        subject=compiled.subject,
        preheader=compiled.preheader,
        title=compiled.title,
        greeting=compiled.greeting.with_name,
        greeting_without_name=compiled.greeting.without_name,
        html=compiled.html,
        text=compiled.text,
        content_hash=compiled.content_hash,
    )


def _insert_deliveries(
    dispatch: Dispatch, variant: Variant, *, edition: Edition | None, status: str, reason: str = ""
) -> int:
    """Make the variant's deliveries by INSERT … SELECT, so that memory does not grow; return their number.

    Whoever got the issue in a dispatch that was cancelled half-way does not get it again.
    """
    columns = {
        "dispatch_id": Value(dispatch.pk),
        "subscription_id": F("pk"),
        "edition_id": Value(edition.pk if edition else None, output_field=BigIntegerField()),
        "status": Value(status),
        "reason": Value(str(reason)),
        "attempts": Value(0),
        "worker": Value(""),
        "reply": Value(""),
    }
    got_it = Delivery.objects.filter(
        dispatch__issue_id=dispatch.issue_id, subscription=OuterRef("pk"), status__in=Delivery.GONE_OUT
    )
    people = audience(dispatch.newsletter).filter(~Exists(got_it), locale=variant.locale, theme_set=variant.theme_set)
    aliases = {f"new_{name}": value for name, value in columns.items()}
    select, parameters = people.annotate(**aliases).values_list(*aliases).order_by().query.sql_with_params()
    quote = connection.ops.quote_name
    into = f"INSERT INTO {quote(Delivery._meta.db_table)} ({', '.join(map(quote, columns))}) "
    with connection.cursor() as cursor:
        cursor.execute(into + select, parameters)  # names come from the model, values are parameters
        return cursor.rowcount
