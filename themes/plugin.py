"""What the themes add to the hub."""

from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Literal

from pydantic import Field

from cms.plugins import CalendarEntry, Feed, PageFilter, PageType, Plugin, StoryCard
from themes.activities import ACTIVITIES
from themes.cards import activity_facts, activity_link, activity_place, article_link, theme_link
from themes.filters import by_person, coming_or_past, for_audience, registration_is, with_person
from themes.schemas import (
    Audience,
    Registration,
    ThemesActivityDetail,
    ThemesActivitySummary,
    ThemesArticleDetail,
    ThemesArticleSummary,
    ThemesIndexDetail,
    ThemesIndexSummary,
    ThemesThemeDetail,
    ThemesThemeSummary,
)

Slug = Annotated[str, Field(pattern=r"^[-\w]+$", max_length=50, examples=["learning-lab"])]
PageKey = Annotated[int, Field(ge=0, le=2**31 - 1, examples=[12])]

IN_SERIES = PageFilter(
    name="series",
    lookup="series__slug",
    annotation=Slug,
    description="Articles and activities of this series (its slug).",
)

OF_PERSON = "Articles and activities by or with the team member whose page, in any language, has this key."
BY_PERSON = PageFilter(name="person", lookup=by_person, annotation=PageKey, description=OF_PERSON)

plugin = Plugin(
    name="themes",
    contract=2,
    content=(
        "hub_themes.Series",
        "hub_themes.SeriesName",
        "hub_themes.ActivityPerson",
        "hub_themes.ArticleAuthor",
        "hub_themes.RelatedArticle",
    ),
    pages=(
        PageType(
            model="hub_themes.ThemeIndexPage",
            type="theme-index",
            summary=ThemesIndexSummary,
            detail=ThemesIndexDetail,
        ),
        PageType(model="hub_themes.ThemePage", type="theme", summary=ThemesThemeSummary, detail=ThemesThemeDetail),
        PageType(
            model="hub_themes.ArticlePage",
            type="article",
            summary=ThemesArticleSummary,
            detail=ThemesArticleDetail,
            feed=Feed(),
            filters=(IN_SERIES, BY_PERSON),
        ),
        PageType(
            model="hub_themes.ActivityPage",
            type="activity",
            summary=ThemesActivitySummary,
            detail=ThemesActivityDetail,
            feed=Feed(),
            calendar=CalendarEntry(
                starts_at="starts_at", ends_at="ends_at", place=activity_place, time_zone=attrgetter("zone")
            ),
            filters=(
                PageFilter(
                    name="starts_from",
                    lookup="starts_at__gte",
                    annotation=datetime,
                    description="Activities that start at this time or later.",
                ),
                PageFilter(
                    name="starts_to",
                    lookup="starts_at__lt",
                    annotation=datetime,
                    description="Activities that start before this time.",
                ),
                PageFilter(
                    name="when",
                    lookup=coming_or_past,
                    annotation=Literal["coming", "past"],
                    description="Activities that are not over yet, or those that are.",
                ),
                PageFilter(
                    name="audience",
                    lookup=for_audience,
                    annotation=Audience,
                    description="Activities for this audience.",
                ),
                PageFilter(
                    name="registration",
                    lookup=registration_is,
                    annotation=Registration,
                    description="Activities for which one can register now (`open`), or not.",
                ),
                IN_SERIES,
                replace(BY_PERSON, lookup=with_person),
            ),
            orders=("starts_at",),
        ),
    ),
    story_cards=(
        StoryCard(
            type="theme",
            section="theme",
            mjml="cms/mail/page.mjml",
            column="cms/mail/page_column.mjml",
            text="cms/mail/page.txt",
            link_text=theme_link,
        ),
        StoryCard(
            type="article",
            section="theme",
            mjml="themes/mail/article.mjml",
            column="cms/mail/page_column.mjml",
            text="themes/mail/article.txt",
            link_text=article_link,
        ),
        StoryCard(
            type="activity",
            section="activities",
            mjml="themes/mail/activity.mjml",
            text="themes/mail/activity.txt",
            facts=activity_facts,
            link_text=activity_link,
            starts_at=attrgetter("starts_at"),
        ),
    ),
    blocks=(ACTIVITIES,),
)
