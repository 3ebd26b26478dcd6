"""Themes: what pages are about and what subscribers follow, the same in every language."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Locale
from wagtail.search import index

hex_colour = RegexValidator(r"^#[0-9a-f]{6}$", _("Write a colour as # and six hexadecimal digits: #c8472f."))


class Theme(index.Indexed, ClusterableModel):
    """A theme of the hub; its slug is public in the API and is never translated."""

    slug = models.SlugField(_("slug"), unique=True, help_text=_("Used in the API; the same in all languages."))
    colour = models.CharField(_("colour"), max_length=7, default="#1d1d2b", validators=[hex_colour])
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    panels = [
        FieldPanel("slug"),
        FieldPanel("colour"),
        FieldPanel("position"),
        InlinePanel("names", heading=_("Names"), label=_("Name"), min_num=1),
    ]
    search_fields = [
        index.AutocompleteField("slug"),
        index.RelatedFields("names", [index.AutocompleteField("name"), index.SearchField("name")]),
    ]

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name_in(get_language() or "en")

    def name_in(self, language: str) -> str:
        """Return the name in `language` (a locale's code), else in another language, else the slug."""
        names = {name.locale.language_code: name.name for name in self.names.all()}
        return names.get(language) or next(iter(names.values()), self.slug)


class ThemeName(models.Model):
    """A theme's name in one language."""

    theme = ParentalKey(Theme, on_delete=models.CASCADE, related_name="names")
    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+", verbose_name=_("language"))
    name = models.CharField(_("name"), max_length=120)

    panels = [FieldPanel("locale"), FieldPanel("name")]

    class Meta:
        ordering = ["locale__language_code"]
        constraints = [models.UniqueConstraint(fields=["theme", "locale"], name="hub_cms_one_theme_name_per_locale")]

    def __str__(self) -> str:
        return self.name
