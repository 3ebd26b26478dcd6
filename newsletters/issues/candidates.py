"""The pages that an issue could use: public ones of a period, with what an editor needs to choose among them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import NoneType
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef
from django.utils import timezone
from wagtail.models import Page, ReferenceIndex, Site
from wagtail.query import PageQuerySet

from cms.content.queries import load_main_themes, load_specific, public_pages, tagged, with_themes
from cms.models import HubPage, Theme
from cms.plugins import StoryCard, StorySection
from cms.plugins.fences import fenced, require_type
from cms.plugins.registry import page_types, story_cards, story_sections
from newsletters.conf import conf
from newsletters.editions.template_values import BY_THEME
from newsletters.issues.page_sources import keys_of
from newsletters.issues.queries import last_dispatch
from newsletters.models import Dispatch, IssuePage, Newsletter, NewsletterPage
from newsletters.models.issue_field import stories_of
from newsletters.values.page_words import page_key

FIRST_WINDOW = timedelta(days=31)  # how far a newsletter's very first issue looks back
LAST = (2**15, "")  # sorts after every theme
SectionPlace = tuple[int, tuple[int, str]]  # the section's place, and the theme's in it
MOST_CANDIDATES = 500  # more than anybody reads; a shorter period shows the rest


@dataclass(frozen=True, kw_only=True)
class Window:
    """The period in which pages were first published: after `since`, up to and including `until`."""

    since: datetime | None
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """Filters by the slugs of themes and tags (any match is enough) and by page type; an empty filter lets all pass."""

    themes: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class UsedIn:
    """An issue of the same newsletter that already uses a page."""

    pk: int
    title: str
    is_sent: bool


@dataclass(frozen=True, kw_only=True)
class Wording:
    """A page's title and summary in one language."""

    title: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A page that could be a story; `page` is the one in the site's main language, if there is one.

    `wordings` are by language code, for each language in which the page is public. `is_suggested`: it is gathered
    unless somebody unticks it. `was_dropped`: it was in this issue before.
    """

    key: str
    page: HubPage
    card: StoryCard
    theme: Theme | None
    wordings: Mapping[str, Wording]
    starts_at: datetime | None
    has_begun: bool
    used_in: tuple[UsedIn, ...] = ()
    was_dropped: bool = False
    is_suggested: bool = False

    @property
    def languages(self) -> frozenset[str]:
        """The codes of the languages in which it is public."""
        return frozenset(self.wordings)

    def in_language(self, code: str | None) -> Wording:
        """Return its wording in this language, else in the site's main one."""
        return self.wordings.get(code or "") or Wording(title=self.page.title, summary=self.page.summary)

    @property
    def place(self) -> SectionPlace:
        """Where it sorts: by section, and in the section of themes by theme, with pages without a theme last."""
        theme = self.theme if self.section.name == BY_THEME else None
        return self.section.place, (theme.position, theme.slug) if theme else LAST

    @property
    def section(self) -> StorySection:
        """The part of the mail that it would be in."""
        sections = story_sections()
        return sections.get(self.card.section, sections[BY_THEME])


def default_window(newsletter: Newsletter, *, now: datetime) -> Window:
    """Return the period since the newsletter's last issue, or the last month if there was none."""
    last = last_dispatch(newsletter)
    return Window(since=(last.issue.gather_until or last.created_at) if last else now - FIRST_WINDOW, until=now)


def find_candidates(
    *,
    newsletter: Newsletter,
    site: Site,
    now: datetime,
    window: Window,
    narrowing: Narrowing | None = None,
    issue: IssuePage | None = None,
) -> list[Candidate]:
    """Return the pages that `issue`, or a new one, could use: by section, newest first, coming activities by date.

    They are live, public, of a type with a story card, and published in the window. Pages that are in the issue
    already are left out. Suggested are the newest few of each theme that no issue uses yet, have not begun and were
    not dropped.
    """
    narrowing = narrowing or Narrowing()
    pages = _story_pages(site=site, now=now, types=narrowing.types).filter(first_published_at__lte=window.until)
    if window.since:
        pages = pages.filter(first_published_at__gt=window.since)
    if narrowing.themes or narrowing.tags:
        pages = with_themes(pages, slugs=narrowing.themes) | tagged(pages, slugs=narrowing.tags)
    newest = pages.order_by("-first_published_at", "-pk").values_list("pk", flat=True)[:MOST_CANDIDATES]
    return _candidates(list(newest), newsletter=newsletter, site=site, now=now, issue=issue)


def candidates_by_key(
    keys: Collection[str], *, newsletter: Newsletter, site: Site, now: datetime, issue: IssuePage | None = None
) -> list[Candidate]:
    """Return the pages with these keys, whenever they were published, in the order of `find_candidates`."""
    known = [key for key in keys if _is_key(key)]
    pages = _story_pages(site=site, now=now).filter(translation_key__in=known).values_list("pk", flat=True)
    return _candidates(list(pages), newsletter=newsletter, site=site, now=now, issue=issue)


def _is_key(word: str) -> bool:
    try:
        UUID(word)
    except ValueError:
        return False
    return True


def _story_pages(*, site: Site, now: datetime, types: Collection[str] = ()) -> PageQuerySet:
    models = [
        model
        for model, kind in page_types().items()
        if kind.type in story_cards() and (not types or kind.type in types)
    ]
    return public_pages(site=site, now=now).exact_type(*models)


def _candidates(
    keys: list[int], *, newsletter: Newsletter, site: Site, now: datetime, issue: IssuePage | None
) -> list[Candidate]:
    pages = load_specific(HubPage.objects.filter(pk__in=keys).select_related("locale"), bodies=False)
    in_issue = set(keys_of(stories_of(issue.body))) if issue else set()
    by_key: dict[str, HubPage] = {}
    # Of a page's translations the one in the main language counts: it comes first.
    for page in sorted(pages, key=lambda page: (page.locale_id, page.pk)):
        if page_key(page) not in in_issue:
            by_key.setdefault(page_key(page), page)
    wordings = _wordings(by_key, site=site, now=now)
    load_main_themes(by_key.values())
    used_in = _used_in(newsletter, but=issue)
    dropped = set(issue.remembered) if issue else set()
    found = [
        _candidate(
            page,
            now=now,
            wordings=wordings[key],
            used_in=tuple(used_in.get(key, ())),
            was_dropped=key in dropped,
        )
        for key, page in by_key.items()
    ]
    return _suggest(sorted(found, key=_order))


def _candidate(
    page: HubPage,
    *,
    now: datetime,
    wordings: Mapping[str, Wording],
    used_in: tuple[UsedIn, ...],
    was_dropped: bool,
) -> Candidate:
    card = story_cards()[page_types()[type(page)].type]
    starts_at = fenced("start", lambda: _starts_at(card, page), of=card, about=page, otherwise=None)
    return Candidate(
        key=page_key(page),
        page=page,
        card=card,
        theme=page.main_theme,
        wordings=wordings,
        starts_at=starts_at,
        has_begun=starts_at is not None and starts_at <= now,
        used_in=used_in,
        was_dropped=was_dropped,
    )


def _starts_at(card: StoryCard, page: HubPage) -> datetime | None:
    starts_at = require_type(card.starts_at(page), (datetime, NoneType))
    if starts_at is not None and timezone.is_naive(starts_at):
        raise ValueError(f"{starts_at} has no time zone")
    return starts_at


def _order(candidate: Candidate) -> tuple[SectionPlace, float, float, int]:
    published = _published(candidate.page)
    time = candidate.starts_at.timestamp() if candidate.starts_at else -published
    return candidate.place, time, -published, -candidate.page.pk


def _published(page: Page) -> float:
    return page.first_published_at.timestamp() if page.first_published_at else 0.0


def _suggest(candidates: list[Candidate]) -> list[Candidate]:
    """Suggest what is new, and of each theme only the newest few."""
    counted: Counter[SectionPlace] = Counter()
    suggested = []
    for candidate in candidates:
        is_new = not (candidate.used_in or candidate.was_dropped or candidate.has_begun)
        counted[candidate.place] += is_new
        fits = candidate.section.name != BY_THEME or counted[candidate.place] <= conf.STORIES_PER_THEME
        suggested.append(replace(candidate, is_suggested=is_new and fits))
    return suggested


def _wordings(keys: Collection[str], *, site: Site, now: datetime) -> dict[str, dict[str, Wording]]:
    found: defaultdict[str, dict[str, Wording]] = defaultdict(dict)
    pages = public_pages(site=site, now=now).filter(translation_key__in=list(keys))
    for key, code, title, summary in pages.values_list("translation_key", "locale__language_code", "title", "summary"):
        found[str(key)][code] = Wording(title=title, summary=summary)
    return found


def _used_in(newsletter: Newsletter, *, but: IssuePage | None) -> dict[str, list[UsedIn]]:
    """Return the newsletter's issues that use a page, newest first, by the pages' keys; leave out the issue `but`."""
    kinds = ContentType.objects.get_for_models(IssuePage, Page, for_concrete_models=True)
    references = ReferenceIndex.objects.filter(content_type=kinds[IssuePage], model_path="body.story.page").values_list(
        "object_id", "to_object_id"
    )
    uses = {(int(issue), int(page)) for issue, page in references if issue.isdigit() and page.isdigit()}
    sent = Dispatch.objects.filter(issue=OuterRef("pk")).exclude(status=Dispatch.Status.CANCELLED)
    issues = IssuePage.objects.filter(pk__in={issue for issue, _page in uses}).annotate(was_sent=Exists(sent))
    homes = tuple(NewsletterPage.objects.filter(newsletter=newsletter).values_list("path", flat=True))
    keys = dict(Page.objects.filter(pk__in={page for _issue, page in uses}).values_list("pk", "translation_key"))
    found: defaultdict[str, list[UsedIn]] = defaultdict(list)
    for issue in issues.order_by("-issue_date", "-pk"):
        if issue.path.startswith(homes) and (but is None or issue.pk != but.pk):
            used_in = UsedIn(pk=issue.pk, title=issue.get_admin_display_title(), is_sent=issue.was_sent)
            for page in {page for issue_pk, page in uses if issue_pk == issue.pk and page in keys}:
                found[str(keys[page])].append(used_in)
    return found
