"""Series: a name that several articles and activities share, the same series in every language."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.models import Locale
from wagtail.search import index


@dataclass(frozen=True, kw_only=True)
class SeriesNames:
    """A series as the API needs it: its slug, and its names by language code."""

    slug: str
    names: dict[str, str]

    def name_in(self, language: str) -> str:
        """Return the name in `language` (a locale's code), else in another language, else the slug."""
        return self.names.get(language) or next(iter(self.names.values()), self.slug)


class Series(index.Indexed, ClusterableModel):
    """A series of articles and activities; its slug is public in the API and is never translated."""

    slug = models.SlugField(_("slug"), unique=True, help_text=_("Used in the API; the same in all languages."))

    panels = [
        InlinePanel(
            "names",
            heading=_("Names"),
            label=_("Name"),
            min_num=1,
            help_text=_("The name in each language, such as “Learning lab”."),
        ),
        FieldPanel("slug"),
    ]
    search_fields = [
        index.AutocompleteField("slug"),
        index.RelatedFields("names", [index.AutocompleteField("name"), index.SearchField("name")]),
    ]

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["slug"]

    def __str__(self) -> str:
        names = {name.locale.language_code: name.name for name in self.names.all()}
        return SeriesNames(slug=self.slug, names=names).name_in(get_language() or "en")

    @classmethod
    def load_names(cls) -> dict[int, SeriesNames]:
        """Return all series by their keys, in one query: a hub has few."""
        found: dict[int, SeriesNames] = {}
        rows = cls.objects.order_by("slug", "names__locale__language_code")
        for pk, slug, language, name in rows.values_list("pk", "slug", "names__locale__language_code", "names__name"):
            series = found.setdefault(pk, SeriesNames(slug=slug, names={}))
            series.names.update({language: name} if language else {})
        return found


class SeriesName(models.Model):
    """A series' name in one language."""

    series = ParentalKey(Series, on_delete=models.CASCADE, related_name="names")
    locale = models.ForeignKey(Locale, on_delete=models.CASCADE, related_name="+", verbose_name=_("language"))
    name = models.CharField(_("name"), max_length=120)

    panels = [FieldPanel("locale"), FieldPanel("name")]

    class Meta:
        ordering = ["locale__language_code"]
        constraints = [
            models.UniqueConstraint(fields=["series", "locale"], name="hub_themes_one_series_name_per_locale")
        ]

    def __str__(self) -> str:
        return self.name
