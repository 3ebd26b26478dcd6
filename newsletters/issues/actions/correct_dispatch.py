"""Correct a paused sending: readers who have not got the issue yet get the content that was approved since."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import Locale

from newsletters.editions.compile_edition import compile_edition, is_for_readers
from newsletters.editions.compile_issue import CompiledIssue, compile_issue, require_agreed
from newsletters.exceptions import CorrectionRefused, NotApproved
from newsletters.issues.actions.freeze_audience import save_edition
from newsletters.issues.checking import require_sound
from newsletters.models import Approval, Delivery, Dispatch, IssuePage, ThemeSet
from newsletters.publications.permissions import require

Status = Delivery.Status


def correct_dispatch(dispatch: Dispatch, *, left_out: Collection[str] = (), user: User, now: datetime) -> int:
    """Give waiting readers the editions of a new number; return how many readers. The sending stays paused.

    Readers who were served keep the edition that they got, and the ledger says which. Raises CorrectionRefused if the
    sending is not paused, nothing changed or nobody waits; LanguagesLeftOut if the issue leaves out a language whose
    code is not in `left_out`; NotApproved, ChecksFailed and IssueProblem as sending would.
    """
    require(user, "send", dispatch.newsletter)
    issue = IssuePage.objects.get(pk=dispatch.issue_id)
    revision = issue.get_latest_revision()
    latest = revision.as_object()
    compiled = compile_issue(latest, newsletter=issue.newsletter, now=now)
    if compiled.content_hash == dispatch.content_hash:
        raise CorrectionRefused(_("Nothing that readers get has changed. Edit the issue first."))
    approval = Approval.newest_of(issue)
    if approval is None or approval.content_hash != compiled.content_hash:
        raise NotApproved
    require_agreed(compiled, left_out=left_out)
    require_sound(latest, compiled=compiled, now=now)
    with transaction.atomic():
        current = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
        _require_paused(current)
        current.begin_number(current.edition_number + 1, content_hash=compiled.content_hash)
        people = _replace_editions(current, compiled=compiled, now=now)
        if not people:
            raise CorrectionRefused(_("Everybody has got it already. Make a new issue as a correction instead."))
        revision.publish(user=user, skip_permission_checks=True)
        data = {"dispatch": dispatch.pk, "number": current.edition_number, "people": people}
        log(instance=issue, action="hub_newsletters.correct", user=user, data=data)
    return people


def _require_paused(dispatch: Dispatch) -> None:
    if dispatch.status != Dispatch.Status.PAUSED:
        raise CorrectionRefused
    if dispatch.follows_id:
        raise CorrectionRefused(_("This sending follows an earlier one. Make a new issue as a correction instead."))
    if dispatch.deliveries.filter(status=Status.IN_FLIGHT).exists():
        raise CorrectionRefused(_("Some mails are being sent right now. Try again in a moment."))


def _replace_editions(dispatch: Dispatch, *, compiled: CompiledIssue, now: datetime) -> int:
    """Save the new editions and point every unserved reader at theirs, including those for whom there was nothing."""
    for locale, full in compiled.editions.items():
        save_edition(dispatch, full, locale=locale, theme_set=None, values=compiled.contents[locale].values)
    people = 0
    for locale, theme_set in _variants(dispatch):
        content = compiled.contents.get(locale)
        waiting = _waiting(dispatch, locale=locale, theme_set=theme_set)
        left_out = _left_out(dispatch).filter(subscription__locale=locale, subscription__theme_set=theme_set)
        if content is None or not is_for_readers(content, followed=theme_set.key.split()):
            reason = Delivery.Reason.NO_STORIES if content else Delivery.Reason.NO_LANGUAGE
            nobody = {"worker": "", "leased_until": None}
            waiting.update(status=Status.EXCLUDED, reason=reason, edition=None, settled_at=now, **nobody)
            left_out.update(reason=reason)
            continue
        edition = save_edition(
            dispatch,
            compile_edition(content, followed=frozenset(theme_set.key.split())),
            locale=locale,
            theme_set=theme_set,
        )
        # A worker that still holds a claim from before the pause loses it: it may have built the old mail.
        waiting.filter(status=Status.CLAIMED).update(status=Status.READY, worker="", leased_until=None)
        people += waiting.update(edition=edition)
        people += left_out.update(status=Status.READY, reason="", edition=edition, settled_at=None)
    return people


def _variants(dispatch: Dispatch) -> list[tuple[Locale, ThemeSet]]:
    """Return the languages and theme sets of the waiting readers, and of those for whom there was nothing."""
    served = dispatch.editions.filter(deliveries__status__in=Delivery.UNSENT).values_list("locale", "theme_set")
    left_out = _left_out(dispatch).values_list("subscription__locale", "subscription__theme_set")
    keys = {*served.distinct(), *left_out.distinct()}
    locales, theme_sets = Locale.objects.in_bulk(), ThemeSet.objects.in_bulk()
    return [(locales[locale], theme_sets[theme_set]) for locale, theme_set in sorted(keys)]


def _waiting(dispatch: Dispatch, *, locale: Locale, theme_set: ThemeSet) -> QuerySet[Delivery]:
    mine = dispatch.editions.filter(locale=locale, theme_set=theme_set, number__lt=dispatch.edition_number)
    return dispatch.deliveries.filter(edition__in=mine, status__in=Delivery.UNSENT)


def _left_out(dispatch: Dispatch) -> QuerySet[Delivery]:
    return dispatch.deliveries.filter(
        status=Status.EXCLUDED,
        reason__in=[Delivery.Reason.NO_STORIES, Delivery.Reason.NO_LANGUAGE],
        subscription__status="active",
    )
