"""What the themes add to the hub."""

from datetime import datetime
from operator import attrgetter
from typing import Literal

from django.db.models import Q

from cms.plugins import CalendarEntry, Feed, PageFilter, PageType, Plugin, StoryCard
from themes.activities import ACTIVITIES
from themes.cards import activity_facts, activity_link, activity_place, article_link, theme_link
from themes.schemas import (
    ThemesActivityDetail,
    ThemesActivitySummary,
    ThemesArticleDetail,
    ThemesArticleSummary,
    ThemesIndexDetail,
    ThemesIndexSummary,
    ThemesThemeDetail,
    ThemesThemeSummary,
)


def coming_or_past(word: str, now: datetime) -> Q:
    """Return the condition for activities that are `coming` (or under way) or `past` at `now`."""
    return Q(ends_at__gte=now) if word == "coming" else Q(ends_at__lt=now)


plugin = Plugin(
    name="themes",
    contract=2,
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
        ),
        PageType(
            model="hub_themes.ActivityPage",
            type="activity",
            summary=ThemesActivitySummary,
            detail=ThemesActivityDetail,
            feed=Feed(),
            calendar=CalendarEntry(starts_at="starts_at", ends_at="ends_at", place=activity_place),
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
