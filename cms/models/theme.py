"""Themes: what pages are about and what subscribers follow, the same in every language; and those that cut across."""

from __future__ import annotations

from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.models import Locale
from wagtail.search import index

hex_colour = RegexValidator(r"^#[0-9a-f]{6}$", _("Write a colour as # and six hexadecimal digits: #c8472f."))


class NamedTheme(index.Indexed, ClusterableModel):
    """A word from a list of the hub's, with a name per language; its slug is public in the API, never translated."""

    slug = models.SlugField(_("slug"), unique=True, help_text=_("Used in the API; the same in all languages."))
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Lists show the lowest number first.")
    )

    search_fields = [
        index.AutocompleteField("slug"),
        index.RelatedFields("names", [index.AutocompleteField("name"), index.SearchField("name")]),
    ]

    class Meta:
        abstract = True
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name_in(get_language() or "en")

    def name_in(self, language: str) -> str:
        """Return the name in `language` (a locale's code), else in another language, else the slug."""
        names = {name.locale.language_code: name.name for name in self.names.all()}
        return names.get(language) or next(iter(names.values()), self.slug)


class NameInLanguage(models.Model):
    """The name of a theme in one language."""

    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+", verbose_name=_("language"))
    name = models.CharField(_("name"), max_length=120)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    panels = [FieldPanel("locale"), FieldPanel("name")]

    class Meta:
        abstract = True
        ordering = ["locale__language_code"]

    def __str__(self) -> str:
        return self.name


class ThemeIcon(models.TextChoices):
    """What a website can draw beside a theme; the words are public in the API."""

    BOOK = "book", _("Book")
    CHART = "chart", _("Chart")
    GLOBE = "globe", _("Globe")
    LEAF = "leaf", _("Leaf")
    LIGHT = "light", _("Light bulb")
    MEGAPHONE = "megaphone", _("Megaphone")
    NETWORK = "network", _("Network")
    PEOPLE = "people", _("People")
    SCALES = "scales", _("Scales")
    SHIELD = "shield", _("Shield")


class Theme(NamedTheme):
    """A theme of the hub."""

    colour = models.CharField(_("colour"), max_length=7, default="#1d1d2b", validators=[hex_colour])
    icon = models.CharField(
        _("icon"),
        max_length=20,
        blank=True,
        choices=ThemeIcon,
        help_text=_("What the website may draw beside the theme’s name."),
    )

    panels = [
        InlinePanel("names", heading=_("Names"), label=_("Name"), min_num=1),
        FieldPanel("slug"),
        FieldRowPanel([FieldPanel("colour"), FieldPanel("icon")]),
        FieldPanel("position"),
    ]

    class Meta(NamedTheme.Meta):
        verbose_name = _("theme")
        verbose_name_plural = _("themes")


class ThemeName(NameInLanguage):
    """A theme's name in one language."""

    theme = ParentalKey(Theme, on_delete=models.CASCADE, related_name="names")

    class Meta(NameInLanguage.Meta):
        constraints = [models.UniqueConstraint(fields=["theme", "locale"], name="hub_cms_one_theme_name_per_locale")]


class CrossCuttingTheme(NamedTheme):
    """A subject that comes back under every theme, such as local ownership."""

    panels = [
        InlinePanel("names", heading=_("Names"), label=_("Name"), min_num=1),
        FieldPanel("slug"),
        FieldPanel("position"),
    ]

    class Meta(NamedTheme.Meta):
        verbose_name = _("cross-cutting theme")
        verbose_name_plural = _("cross-cutting themes")


class CrossCuttingThemeName(NameInLanguage):
    """A cross-cutting theme's name in one language."""

    theme = ParentalKey(CrossCuttingTheme, on_delete=models.CASCADE, related_name="names")

    class Meta(NameInLanguage.Meta):
        constraints = [
            models.UniqueConstraint(fields=["theme", "locale"], name="hub_cms_one_cross_cutting_name_per_locale")
        ]
