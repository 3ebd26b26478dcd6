"""A small hub: themes, articles, an activity, the team and the archive, in English."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from archive.models import ArchiveItemPage, ArchivePage
from cms.models import HomePage, Theme
from team.models import PersonPage, TeamPage
from tests.conftest import add_page
from themes.models import ActivityPage, ArticlePage, ThemeIndexPage, ThemePage


@pytest.fixture
def data(make_theme: Callable[..., Theme]) -> Theme:
    return make_theme("data", en="Data", nl="Gegevens")


@pytest.fixture
def theme_page(home_en: HomePage, data: Theme) -> ThemePage:
    index = add_page(home_en, ThemeIndexPage(title="Themes", slug="themes", show_in_menus=True))
    return add_page(index, ThemePage(title="Data", slug="data", theme=data))


@pytest.fixture
def make_article(theme_page: ThemePage) -> Callable[..., ArticlePage]:
    """Make a published article under the theme: make_article("open-data", title="Open data", …)."""

    def make(slug: str, *, parent: Any = None, **fields: Any) -> ArticlePage:
        published = {key: fields.pop(key) for key in ("live", "first_published_at") if key in fields}
        page = ArticlePage(title=fields.pop("title", slug.title()), slug=slug, **fields)
        return add_page(parent or theme_page, page, **published)

    return make


@pytest.fixture
def activity(theme_page: ThemePage) -> ActivityPage:
    page = ActivityPage(
        title="Open day",
        slug="open-day",
        starts_at=datetime(2026, 12, 3, 13, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 15, tzinfo=UTC),
        place="Utrecht",
    )
    return add_page(theme_page, page)


@pytest.fixture
def person(home_en: HomePage) -> PersonPage:
    team = add_page(home_en, TeamPage(title="Team", slug="team"))
    return add_page(team, PersonPage(title="Sam", slug="sam", function="Facilitator"))


@pytest.fixture
def archive(home_en: HomePage) -> ArchivePage:
    return add_page(home_en, ArchivePage(title="Archive", slug="archive"))


@pytest.fixture
def item(archive: ArchivePage) -> ArchiveItemPage:
    return add_page(archive, ArchiveItemPage(title="Five years", slug="five-years", year=2020, kind="publication"))
