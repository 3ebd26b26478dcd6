"""A site in two languages with several page types, which can grow to any number of pages; for PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site

from archive.models import ArchiveItemPage, ArchivePage
from bench.data import THEMES, WORDS, add_page, article_body, insert_pages, make_site, next_page_keys
from bench.letters import make_newsletter
from cms.models import GonePath, HubPage, HubPageTag, Theme
from team.models import PersonPage, TeamPage
from themes.models import ActivityPage, ArticlePage, ThemeIndexPage, ThemePage

# Indexes the words of pages as `manage.py update_index` would, but with one statement.
INDEX = """
INSERT INTO wagtailsearch_indexentry
    (content_type_id, object_id, title_norm, autocomplete, title, body, title_text, body_text)
SELECT page.content_type_id, page.id::text, 1, to_tsvector(page.title), to_tsvector(page.title),
    to_tsvector(hub.summary), page.title, hub.summary
FROM wagtailcore_page page JOIN hub_cms_hubpage hub ON hub.page_ptr_id = page.id
ON CONFLICT DO NOTHING
"""


class Garden:
    """The site; `article` and `parent` are the keys of an article in the middle and of the page above it."""

    def __init__(self) -> None:
        self._homes = make_site()
        theme = Theme.objects.get(slug=next(iter(THEMES)))
        self._beds: list[tuple[Page, Callable[..., HubPage]]] = []
        for home in self._homes.values():
            index = add_page(home, ThemeIndexPage(title="Themes", slug="themes"))
            above = add_page(index, ThemePage(title="Data", slug="data", theme=theme))
            archive = add_page(home, ArchivePage(title="Archive", slug="archive"))
            team = add_page(home, TeamPage(title="Team", slug="team"))
            self._beds += [(above, _article), (above, _activity), (archive, _item), (team, _person)]
        make_newsletter(self._homes["en"])
        self.parent = self._beds[0][0].pk
        self.article = 0

    def grow(self, *, to: int) -> None:
        """Add pages until there are `to`, with equal numbers of each type and language."""
        share = (to - Page.objects.count()) // len(self._beds)
        for parent, make in self._beds:
            keys = next_page_keys(share)
            insert_pages(parent, [make(key=key, number=number) for number, key in enumerate(keys)])
            self.article = self.article or keys[share // 2]
        self._plant_rarities()
        with connection.cursor() as cursor:
            cursor.execute(INDEX)
            cursor.execute("VACUUM ANALYZE")

    def _plant_rarities(self) -> None:
        rare, made = Tag.objects.get_or_create(slug="rare", name="rare")
        if made:
            oldest = HubPage.objects.filter(pk__gte=self.article)[:3]
            HubPageTag.objects.bulk_create([HubPageTag(content_object=page, tag=rare) for page in oldest])
            site = Site.objects.get()
            Redirect.objects.create(site=site, old_path="/en/old", redirect_page_id=self.article)
            GonePath.record(site=site, path="/en/gone/", now=timezone.now())


def _article(*, key: int, **_place: int) -> ArticlePage:
    body = json.dumps(article_body(links=[key, max(key - 3, 1)], images=[]))
    return ArticlePage(id=key, body=body, **_common(key))


def _activity(*, key: int, number: int) -> ActivityPage:
    # Half of them are over; the others are spread over the next months, however many there are.
    start = timezone.now() + timedelta(hours=number * 1009 % 4000 - 2000)
    return ActivityPage(id=key, starts_at=start, ends_at=start + timedelta(hours=1), **_common(key))


def _item(*, key: int, number: int) -> ArchiveItemPage:
    return ArchiveItemPage(id=key, year=2016 + number % 5, kind="project", **_common(key))


def _person(*, key: int, **_place: int) -> PersonPage:
    return PersonPage(id=key, function="Facilitator", **_common(key))


def _common(key: int) -> dict[str, Any]:
    return {"title": f"Page {key}", "slug": f"page-{key}", "summary": WORDS}
