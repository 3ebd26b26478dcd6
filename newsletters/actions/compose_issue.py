"""Gather tagged pages into a new draft issue, or into one that is there."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format

from cms.models import HubPage
from cms.plugins import Section, StoryCard
from cms.registry import page_types, story_cards
from newsletters.blocks import stories_of
from newsletters.conf import conf
from newsletters.exceptions import NothingToGather
from newsletters.models import IssuePage, IssueText, NewsletterPage
from newsletters.queries import gather_candidates, last_dispatch
from newsletters.sources import Source, page_key, read_sources

SECTIONS: tuple[Section, ...] = ("theme", "activities", "archive", "people")
LAST = 2**15  # behind every theme
FIRST_WINDOW = timedelta(days=31)  # what a newsletter's very first issue looks back on


@transaction.atomic
def compose_issue(*, parent: NewsletterPage, user: Any, now: datetime, until: datetime | None = None) -> IssuePage:
    """Return a new draft under `parent` with what was published from the last issue's end until `until` (now).

    Raises NothingToGather if no page fits; nothing is saved then.
    """
    newsletter = parent.newsletter
    last = last_dispatch(newsletter)
    seen_until = (last.issue.gather_until or last.created_at) if last else now - FIRST_WINDOW
    title = f"{newsletter.name} {date_format(timezone.localdate(now), 'F Y')}"
    issue = IssuePage(
        title=title,
        slug=_free_slug(parent, now=now),
        locale=parent.locale,
        live=False,
        issue_date=timezone.localdate(now),
        gather_from=seen_until,
        gather_until=until or now,
        owner=user,
    )
    issue.texts = [
        IssueText(locale=text.locale, subject=text.title, title=_month_title(text.locale, now=now))
        for text in newsletter.texts.select_related("locale")
    ]
    issue.body = _story_blocks(issue, parent=parent, now=now)
    parent.add_child(instance=issue)
    issue.save_revision(user=user, log_action=True)
    return issue


@transaction.atomic
def gather_into(issue: IssuePage, *, user: Any, now: datetime) -> int:
    """Add to the issue what fits its window, themes and tags, and return how many stories were added.

    Stories that stand there, with the editor's changes, stay as they are; the window then ends now.
    Raises NothingToGather.
    """
    issue.gather_until = now
    found = _story_blocks(issue, parent=issue.get_parent(), now=now)
    issue.body = [*((block.block_type, block.value) for block in issue.body), *found]
    issue.save_revision(user=user, log_action=True)
    return len(found)


def _story_blocks(issue: IssuePage, *, parent: NewsletterPage, now: datetime) -> list[tuple[str, dict[str, Any]]]:
    candidates = gather_candidates(
        site=parent.get_site(),
        now=now,
        published_from=issue.gather_from,
        published_until=issue.gather_until or now,
        themes=issue.themes.all() if issue.pk else (),
        tags=issue.tags.all() if issue.pk else (),
    )
    standing = {value["page"].translation_key for value in stories_of(issue.body) if value["page"]}
    pages = _at_most_per_theme([page for page in candidates if page.translation_key not in standing], now=now)
    if not pages:
        raise NothingToGather
    has_lead = any(value["is_lead"] for value in stories_of(issue.body))
    lead = None if has_lead else next((p for p in pages if _card(p).section == "theme" and p.image_id), None)
    sources = read_sources([page_key(page) for page in pages], site=parent.get_site(), now=now)
    issue.remember(sources)
    return [
        (
            "story",
            {"page": page, "is_lead": page is lead, "texts": _rows(sources[page_key(page)]), "image": None},
        )
        for page in pages
    ]


def _at_most_per_theme(pages: list[HubPage], *, now: datetime) -> list[HubPage]:
    """Keep the newest few of each theme and what is still to come; that stands last, in order of time."""
    kept: list[HubPage] = []
    seen: Counter[str] = Counter()
    for page in pages:
        starts_at = _card(page).starts_at(page)
        if _card(page).section == "theme":
            theme = page.main_theme.slug if page.main_theme else ""
            seen[theme] += 1
            if seen[theme] > conf.STORIES_PER_THEME:
                continue
        if starts_at is None or starts_at > now:
            kept.append(page)
    return sorted(kept, key=lambda page: (_place(page), _card(page).starts_at(page) or now))


def _place(page: HubPage) -> tuple[int, int]:
    """Return where a page's section stands in a new issue: the themes in their order, then what is to come."""
    theme = page.main_theme if _card(page).section == "theme" else None
    return SECTIONS.index(_card(page).section), theme.position if theme else LAST


def _card(page: HubPage) -> StoryCard:
    return story_cards()[page_types()[type(page)].type]


def _rows(source: Source) -> list[dict[str, str]]:
    """Copy the page's words in every language, so that the editor sees and may change what is sent."""
    return [
        {"language": code, "title": words.title, "teaser": words.teaser, "link_text": words.link_text}
        for code, words in source.items()
    ]


def _month_title(locale: Any, *, now: datetime) -> str:
    with translation.override(locale.language_code):
        return date_format(timezone.localdate(now), "F Y").capitalize()


def _free_slug(parent: NewsletterPage, *, now: datetime) -> str:
    base = f"{timezone.localdate(now):%Y-%m}"
    taken = set(parent.get_children().filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
