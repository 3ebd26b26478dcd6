"""Which unsent issues use a page, picture, document or theme, so that staff can be warned before it is removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Model, OuterRef
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page

from cms.admin.confirming import Caution
from cms.models import HubPage, Theme
from cms.values.local_time import in_words
from newsletters.issues.issue_state import IssueStatus, issue_statuses
from newsletters.issues.pointers import Pointers, read_pointers
from newsletters.models import Dispatch, IssuePage, Schedule, Subscription

MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Use:
    """An issue, its state, and which of the things it uses."""

    status: IssueStatus
    things: tuple[Model, ...]

    @property
    def schedule(self) -> Schedule | None:
        """Its schedule, None if it is not waiting to be sent."""
        schedule = self.status.schedule
        return schedule if schedule and schedule.status == Schedule.Status.WAITING else None

    @property
    def words(self) -> dict[str, object]:
        """The values for the messages about it."""
        names = [f"“{_name(thing)}”" for thing in self.things]
        named, rest = names[:MOST_NAMED], len(names) - MOST_NAMED
        things = ", ".join(named)
        if rest > 0:
            things = _("%(things)s and %(count)s more") % {"things": things, "count": rest}
        return {
            "issue": self.status.issue.get_admin_display_title(),
            "things": things,
            "at": self.schedule.at if self.schedule else "",
        }


def say_which_issues_use(things: Sequence[Model], *, is_deletion: bool) -> Iterator[Caution]:
    """Yield a caution for each issue that would lose one of these things."""
    for use in uses_of(things, now=timezone.now(), is_deletion=is_deletion):
        if use.schedule:
            words = _(
                "The issue “%(issue)s” uses %(things)s and is scheduled for %(at)s. If you continue, its approval "
                "becomes void, and it will not be sent then unless it is approved again."
            )
        elif use.status.is_approved:
            words = _(
                "The issue “%(issue)s” uses %(things)s and is approved. If you continue, it needs a new approval "
                "before it can be sent."
            )
        else:
            words = _("The issue “%(issue)s”, which is not approved yet, uses %(things)s.")
        is_grave = bool(use.schedule or use.status.is_approved)
        yield Caution(words=words % use.words, is_grave=is_grave, url=_review(use), link=_("Look at the issue"))


def say_what_readers_lose(things: Sequence[Model], *, is_deletion: bool) -> Iterator[Caution]:
    """Yield a caution if sent issues are among these things: their mails lead to their copies online."""
    if is_deletion:
        return  # a sent issue cannot be deleted
    keys = [thing.pk for thing in things if isinstance(thing, Page)]
    sent = Dispatch.objects.filter(issue__in=keys).exclude(status=Dispatch.Status.CANCELLED).select_related("issue")
    by_issue = {dispatch.issue_id: dispatch for dispatch in sent.order_by("pk")}
    if by_issue:
        dispatch = next(iter(by_issue.values()))
        words = ngettext(
            "“%(issue)s” was sent. While it is not public, “View online” in its mails leads nowhere.",
            "%(count)s issues were sent. While they are not public, “View online” in their mails leads nowhere.",
            len(by_issue),
        )
        yield Caution(
            words=words % {"issue": dispatch.issue.title, "count": len(by_issue)},
            is_grave=True,
            url=reverse("newsletters_admin:dispatch", args=[dispatch.pk]),
            link=_("Look at the sending"),
        )


def say_what_followers_lose(things: Sequence[Model], *, is_deletion: bool) -> Iterator[Caution]:
    """Yield a caution for each theme to be deleted that readers follow."""
    for theme in (thing for thing in things if is_deletion and isinstance(thing, Theme)):
        followers = Subscription.objects.filter(theme_set__themes=theme, status=Subscription.Status.ACTIVE)
        if count := followers.values("subscriber").distinct().count():
            words = ngettext(
                "%(count)d reader follows “%(theme)s” and loses that choice.",
                "%(count)d readers follow “%(theme)s” and lose that choice.",
                count,
            )
            yield Caution(
                words=words % {"count": count, "theme": theme},
                is_grave=True,
                url=f"{reverse('subscriptions:index')}?theme={theme.pk}",
                link=_("Look at the readers"),
            )


def say_what_expires_too_early(request: HttpRequest, page: Page) -> None:
    """Warn after a page got an expiry date about the issues that would, or may, be sent without it."""
    draft = page.get_latest_revision_as_object() if request.accepts("text/html") else None
    if draft is None or draft.expire_at is None:
        return
    for use in uses_of([draft], now=timezone.now()):
        if use.schedule and use.schedule.send_at < draft.expire_at:
            continue
        expires = in_words(draft.expire_at, zone=use.status.issue.newsletter.zone)
        words = (
            _(
                "%(things)s expires on %(expires)s, before the issue “%(issue)s”, which uses it, is sent on "
                "%(at)s. Its approval will then be void, and it will not be sent."
            )
            if use.schedule
            else _("%(things)s expires on %(expires)s. After that, the issue “%(issue)s” can no longer use it.")
        )
        say = messages.warning if use.schedule or use.status.is_approved else messages.info
        button = messages.button(_review(use), _("Look at the issue"))
        say(request, words % (use.words | {"expires": expires}), buttons=[button])


def _review(use: Use) -> str:
    return reverse("newsletters_admin:review", args=[use.status.issue.pk])


def _name(thing: Model) -> str:
    return thing.get_admin_display_title() if isinstance(thing, Page) else str(thing)


def uses_of(things: Sequence[Model], *, now: datetime, is_deletion: bool = False) -> list[Use]:
    """Return the unsent issues that use any of these things, those that are scheduled first at the head.

    An issue uses a page if it shows it in the page's own language. For a deletion it is enough that a block or link
    names the page: its translations are deleted with it.
    """
    sent = Dispatch.objects.filter(issue=OuterRef("pk")).exclude(status=Dispatch.Status.CANCELLED)
    issues = list(IssuePage.objects.filter(~Exists(sent)).select_related("latest_revision"))
    pointers = dict(zip(issues, read_pointers(issues), strict=True))
    used = {
        issue: [thing for thing in things if _is_used(thing, pointers=found, is_deletion=is_deletion)]
        for issue, found in pointers.items()
    }
    statuses = issue_statuses([issue for issue, found in used.items() if found], now=now)
    uses = [Use(status=statuses[issue.pk], things=tuple(found)) for issue, found in used.items() if found]
    return sorted(uses, key=lambda use: use.schedule.send_at.timestamp() if use.schedule else float("inf"))


def _is_used(thing: Model, *, pointers: Pointers, is_deletion: bool) -> bool:
    if isinstance(thing, Page):
        return (is_deletion and thing.pk in pointers.chosen) or (thing.live and pointers.use(thing))
    if isinstance(thing, get_image_model()):
        return thing.pk in pointers.images
    if isinstance(thing, get_document_model()):
        return thing.pk in pointers.documents
    if isinstance(thing, Theme):
        pages = HubPage.objects.filter(translation_key__in={key for key, _code in pointers.pages}, themes=thing)
        return any(pointers.use(page) for page in pages)
    return False
