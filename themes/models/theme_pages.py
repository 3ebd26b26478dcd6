"""The pages of the themes, and what the pages under them share."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.fields import RichTextField
from wagtail.search import index

from cms.models import BodyPage, HubPage, LinkPart, Theme, TypedPagePanel, WordsPart
from cms.models.parts import TEXT_FEATURES
from cms.models.search_fields import SearchField


class ThemeIndexPage(BodyPage):
    """The page above all themes."""

    how_chosen = RichTextField(
        _("how the themes were chosen"),
        blank=True,
        features=TEXT_FEATURES,
        help_text=_("With whom, when, and in view of what: for readers who wonder why these and no others."),
    )

    page_description = _("The page above all themes: what they have in common, and how they were chosen.")
    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_themes.ThemePage"]
    content_panels = [*BodyPage.content_panels[:-2], FieldPanel("how_chosen"), *BodyPage.content_panels[-2:]]
    search_fields = [*BodyPage.search_fields, index.SearchField("how_chosen")]

    class Meta:
        verbose_name = _("theme index")
        verbose_name_plural = _("theme indexes")


class ThemePage(BodyPage):
    """A theme's own page; new pages under it start with its theme."""

    theme = models.ForeignKey(
        Theme,
        on_delete=models.PROTECT,
        related_name="theme_pages",
        verbose_name=_("theme"),
        help_text=_("What this page is about. New articles and activities under it start with this theme."),
    )

    page_description = _("A theme’s own page: its questions, its people, and the articles and activities under it.")
    parent_page_types = ["hub_themes.ThemeIndexPage"]
    subpage_types = ["hub_themes.ArticlePage", "hub_themes.ActivityPage"]
    content_panels = [
        *BodyPage.content_panels[:1],
        FieldPanel("theme"),
        *BodyPage.content_panels[1:-2],
        InlinePanel(
            "questions",
            heading=_("Questions"),
            label=_("Question"),
            icon="help",
            help_text=_("What this theme asks, as a reader would ask it. The first is the main question."),
        ),
        InlinePanel(
            "people",
            heading=_("People"),
            label=_("Team member"),
            icon="group",
            help_text=_("Whom readers can turn to about this theme. Members who are not public are left out."),
        ),
        *BodyPage.content_panels[-2:],
    ]
    search_fields = [*BodyPage.search_fields, index.RelatedFields("questions", [SearchField("text")])]

    class Meta:
        verbose_name = _("theme page")
        verbose_name_plural = _("theme pages")


class ThemeQuestion(WordsPart):
    """Something that a theme asks."""

    theme_page = ParentalKey(ThemePage, on_delete=models.CASCADE, related_name="questions")
    text = models.CharField(_("question"), max_length=240)

    panels = [FieldPanel("text")]

    class Meta(WordsPart.Meta):
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return self.text


class ThemePerson(LinkPart):
    """A team member who works on a theme; the team's own plugin brings the page."""

    theme_page = ParentalKey(ThemePage, on_delete=models.CASCADE, related_name="people")
    page = models.ForeignKey(HubPage, on_delete=models.CASCADE, related_name="+", verbose_name=_("page"))

    types = ("person",)
    panels = [TypedPagePanel("page", types)]

    class Meta(LinkPart.Meta):
        verbose_name = _("team member on a theme")
        verbose_name_plural = _("team members on a theme")

    def __str__(self) -> str:
        return str(self.page)


class ThemedPage(BodyPage):
    """A page under a theme page: that theme is its main theme, whatever other themes it has."""

    has_cross_cutting_themes = True

    class Meta:
        abstract = True

    @property
    def main_theme(self) -> Theme | None:
        """The theme of the page above, if the page has that theme, else the page's first theme."""
        return self.theme_above if self.theme_above in self.themes.all() else super().main_theme

    @cached_property
    def theme_above(self) -> Theme | None:
        """The theme of the page above, if that is a theme page."""
        above = ThemePage.objects.parent_of(self).select_related("theme").first()
        return above.theme if above else None

    @classmethod
    def load_main_themes(cls, pages: Sequence[HubPage]) -> None:
        """Load the theme pages above all of these pages in one query."""
        parents = {page.path: page.path[: -page.steplen] for page in pages}
        above = ThemePage.objects.filter(path__in=set(parents.values())).select_related("theme")
        themes = {page.path: page.theme for page in above}
        for page in pages:
            page.__dict__["theme_above"] = themes.get(parents[page.path])
