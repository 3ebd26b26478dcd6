"""Gather pages into a new draft issue, or into an existing one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from wagtail.models import Locale

from newsletters.editions.template_values import BY_THEME
from newsletters.exceptions import NothingToGather
from newsletters.issues.candidates import (
    Candidate,
    Narrowing,
    Window,
    candidates_by_key,
    default_window,
    find_candidates,
)
from newsletters.issues.page_sources import read_sources
from newsletters.models import IssuePage, IssueText, NewsletterPage
from newsletters.models.issue_field import stories_of
from newsletters.publications.permissions import require_adding, require_editing
from newsletters.values.page_words import Source


@transaction.atomic
def compose_issue(
    *,
    parent: NewsletterPage,
    user: User,
    now: datetime,
    window: Window | None = None,
    chosen: Collection[str] | None = None,
    may_be_empty: bool = False,
) -> IssuePage:
    """Return a new draft under `parent` with the pages whose keys are `chosen`, or else with the suggested ones.

    Without a `window` the pages are those published since the last issue. Raises NothingToGather and saves nothing if
    no page fits, unless the issue `may_be_empty`.
    """
    require_adding(user, parent)
    newsletter = parent.newsletter
    window = window or default_window(newsletter, now=now)
    slug, number = _free_slug(parent, now=now)
    month = date_format(timezone.localdate(now), "F Y")
    issue = IssuePage(
        title=f"{newsletter.name} {month}" + (f" ({number})" if number > 1 else ""),
        slug=slug,
        locale=parent.locale,
        live=False,
        issue_date=timezone.localdate(now),
        gather_from=window.since,
        gather_until=window.until,
        owner=user,
    )
    issue.texts = [
        IssueText(locale=text.locale, subject=text.title, title=_month_title(text.locale, now=now))
        for text in newsletter.texts.select_related("locale")
    ]
    picked = _pick(issue, parent=parent, chosen=chosen, now=now)
    if not picked and not may_be_empty:
        raise NothingToGather
    _add_stories(issue, picked, parent=parent, now=now)
    parent.add_child(instance=issue)
    issue.save_revision(user=user, log_action=True)
    return issue


@transaction.atomic
def gather_into(
    issue: IssuePage, *, user: User, now: datetime, chosen: Collection[str] | None = None
) -> list[Candidate]:
    """Add the pages whose keys are `chosen`, or else the suggested ones, to the issue; return what was added.

    The stories that are there stay as they are, in their order. The issue's window then ends `now`.
    Raises NothingToGather if no page fits.
    """
    require_editing(user, issue)
    issue.gather_until = now
    parent = issue.get_parent().specific
    added = _pick(issue, parent=parent, chosen=chosen, now=now)
    if not added:
        raise NothingToGather
    _add_stories(issue, added, parent=parent, now=now)
    issue.save()  # a draft's row has its stories too, as when the editor saves it
    issue.save_revision(user=user, log_action=True)
    return added


def _pick(
    issue: IssuePage, *, parent: NewsletterPage, chosen: Collection[str] | None, now: datetime
) -> list[Candidate]:
    newsletter, site = parent.newsletter, parent.get_site()
    if chosen is not None:
        return candidates_by_key(chosen, newsletter=newsletter, site=site, now=now, issue=issue)
    window = Window(since=issue.gather_from, until=issue.gather_until or now)
    found = find_candidates(
        newsletter=newsletter, site=site, now=now, window=window, narrowing=narrowing_of(issue), issue=issue
    )
    return [candidate for candidate in found if candidate.is_suggested]


def narrowing_of(issue: IssuePage) -> Narrowing:
    """Return the issue's own themes and tags, which narrow what is gathered."""
    if issue.pk is None:
        return Narrowing()
    return Narrowing(
        themes=frozenset(theme.slug for theme in issue.themes.all()),
        tags=frozenset(tag.slug for tag in issue.tags.all()),
    )


def _add_stories(issue: IssuePage, added: list[Candidate], *, parent: NewsletterPage, now: datetime) -> None:
    """Append the pages as stories; the first with a picture becomes the lead, if there is none."""
    sources = read_sources([candidate.key for candidate in added], site=parent.get_site(), now=now)
    has_lead = any(value["is_lead"] for value in stories_of(issue.body))
    may_lead = (candidate for candidate in added if candidate.section.name == BY_THEME and candidate.page.image_id)
    lead = None if has_lead else next(may_lead, None)
    issue.remember(sources)
    for candidate in added:
        story = {
            "page": candidate.page,
            "is_lead": candidate is lead,
            "without_teaser": False,
            "texts": list(_rows(sources[candidate.key])),
            "image": None,
        }
        issue.body.append(("story", story))


def _rows(source: Source) -> Iterable[dict[str, str]]:
    """Copy the page's words in every language, so that the editor sees and may change what is sent."""
    for code, words in source.items():
        yield {"language": code, "title": words.title, "teaser": words.teaser, "link_text": words.link_text}


def _month_title(locale: Locale, *, now: datetime) -> str:
    with translation.override(locale.language_code):
        return date_format(timezone.localdate(now), "F Y").capitalize()


def _free_slug(parent: NewsletterPage, *, now: datetime) -> tuple[str, int]:
    """Return a free slug for the month, and the issue's number within the month."""
    base = f"{timezone.localdate(now):%Y-%m}"
    taken = set(parent.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    slugs = ((base if n == 1 else f"{base}-{n}", n) for n in range(1, len(taken) + 2))
    return next((slug, n) for slug, n in slugs if slug not in taken)
