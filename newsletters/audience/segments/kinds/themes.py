"""Readers who follow some of the themes."""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletters.audience.segments.condition import ConditionForm, either
from newsletters.models import ThemeSet
from newsletters.publications.queries import theme_names


class ThemesCondition(ConditionForm):
    """They follow at least one of these themes."""

    kind = "themes"
    label = gettext_lazy("Themes")

    themes = forms.MultipleChoiceField(
        label=gettext_lazy("They follow at least one of these themes"), widget=forms.CheckboxSelectMultiple
    )

    def offer(self) -> None:
        """Offer all themes."""
        self.names = theme_names()
        self.fields["themes"].choices = list(self.names.items())  # type: ignore[attr-defined]

    def words(self) -> str:
        """Return "follow Data or Civic power"."""
        names = [self.names[slug] for slug in self.cleaned_data["themes"]]
        return _("follow %(themes)s") % {"themes": either(names)}

    def q(self) -> Q:
        """Compare the set of themes: there are few sets, and the audience's index has them."""
        sets = ThemeSet.objects.filter(themes__slug__in=self.cleaned_data["themes"])
        return Q(theme_set__in=sets.values("pk"))
