"""The pages of the themes, and what the pages under them share."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from cms.models import BodyPage, HubPage, Theme


class ThemeIndexPage(BodyPage):
    """The page above all themes."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_themes.ThemePage"]

    class Meta:
        verbose_name = _("theme index")
        verbose_name_plural = _("theme indexes")


class ThemePage(BodyPage):
    """A theme's own page; new pages under it start with its theme."""

    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="theme_pages", verbose_name=_("theme"))

    parent_page_types = ["hub_themes.ThemeIndexPage"]
    subpage_types = ["hub_themes.ArticlePage", "hub_themes.ActivityPage"]
    content_panels = [*BodyPage.content_panels, FieldPanel("theme")]

    class Meta:
        verbose_name = _("theme page")
        verbose_name_plural = _("theme pages")


class ThemedPage(BodyPage):
    """A page under a theme page: that theme is its main theme, whatever other themes it has."""

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
