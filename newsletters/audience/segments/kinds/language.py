"""Readers of some of the newsletter's languages."""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletters.audience.segments.condition import ConditionForm, either


class LanguageCondition(ConditionForm):
    """They read the newsletter in one of these languages."""

    kind = "language"
    label = gettext_lazy("Language")

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("They read it in one of these languages"), widget=forms.CheckboxSelectMultiple
    )

    def offer(self) -> None:
        """Offer the languages in which the newsletter is written."""
        self.names = {locale.language_code: locale.get_display_name() for locale in self.newsletter.locales()}
        self.fields["languages"].choices = list(self.names.items())  # type: ignore[attr-defined]

    def words(self) -> str:
        """Return "read it in Dutch"."""
        names = [self.names[code] for code in self.cleaned_data["languages"]]
        return _("read it in %(languages)s") % {"languages": either(names)}

    def q(self) -> Q:
        """Compare the subscription's language."""
        return Q(locale__language_code__in=self.cleaned_data["languages"])
