"""Articles: news or background on a theme."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Orderable
from wagtail.search import index

from cms.models import BodyPage
from cms.models.search_fields import SearchField
from themes.models.person_row import PersonRow
from themes.models.series import Series
from themes.models.theme_pages import ThemedPage

WORDS_A_MINUTE = 230  # silent reading of non-fiction (Brysbaert 2019, doi 10.1016/j.jml.2019.104047: 238 in English)


class ArticlePage(ThemedPage):
    """News or background on a theme."""

    series = models.ForeignKey(
        Series,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("series"),
        help_text=_("If this is one of several articles under one name."),
    )
    reading_minutes = models.PositiveSmallIntegerField(_("reading time in minutes"), default=0, editable=False)

    parent_page_types = ["hub_themes.ThemePage"]
    subpage_types: list[str] = []
    template = "themes/article_page.html"
    page_description = _("News or background on a theme: something to read.")
    content_panels = [
        *BodyPage.content_panels[:-1],
        InlinePanel("authors", heading=_("Authors"), label=_("Author"), icon="user"),
        *BodyPage.content_panels[-1:],
        FieldPanel("series"),
        InlinePanel("related_articles", heading=_("Read on"), label=_("Article"), icon="doc-full", max_num=6),
    ]
    search_fields = [*BodyPage.search_fields, index.RelatedFields("authors", [SearchField("name")])]

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")

    def save(self, *args: object, update_fields: Iterable[str] | None = None, **kwargs: object) -> None:
        """Save the page and the time that it takes to read."""
        if update_fields is None or "body" in update_fields:
            self.reading_minutes = minutes_to_read(self.words())
            update_fields = update_fields and {*update_fields, "reading_minutes"}
        super().save(*args, update_fields=update_fields, **kwargs)

    def words(self) -> int:
        """Return how many words the body has, in blocks of all kinds."""
        texts = self.body.stream_block.get_searchable_content(self.body)
        return sum(len(str(text).split()) for text in texts)

    @cached_property
    def listed_authors(self) -> list[ArticleAuthor]:
        """The authors, loaded once."""
        return list(self.authors.all())

    @cached_property
    def listed_articles(self) -> list[RelatedArticle]:
        """The articles to read on with, loaded once."""
        return list(self.related_articles.all())


def minutes_to_read(words: int) -> int:
    """Return how many minutes it takes to read so many words; 0 if there are none."""
    return math.ceil(words / WORDS_A_MINUTE)


class ArticleAuthor(PersonRow):
    """Somebody who wrote an article."""

    page = ParentalKey(ArticlePage, on_delete=models.CASCADE, related_name="authors")

    class Meta(PersonRow.Meta):
        verbose_name = _("author")
        verbose_name_plural = _("authors")


class RelatedArticle(Orderable):
    """An article that readers of another one may want to read next."""

    page = ParentalKey(ArticlePage, on_delete=models.CASCADE, related_name="related_articles")
    article = models.ForeignKey(ArticlePage, on_delete=models.CASCADE, related_name="+", verbose_name=_("article"))

    panels = [FieldPanel("article")]

    class Meta(Orderable.Meta):
        verbose_name = _("article to read on with")
        verbose_name_plural = _("articles to read on with")

    def __str__(self) -> str:
        return str(self.article)
