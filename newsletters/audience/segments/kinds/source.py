"""Readers by where they asked for the newsletter."""

from __future__ import annotations

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsletters.audience.segments.condition import ConditionForm, either
from newsletters.models import ConsentEvent, ConsentSource

# What follows on a request or changes a subscription, and begins none.
LATER = {
    ConsentSource.CONFIRMATION,
    ConsentSource.PREFERENCES,
    ConsentSource.UNSUBSCRIBE,
    ConsentSource.ONE_CLICK,
    ConsentSource.MAIL,
    ConsentSource.PROVIDER,
    ConsentSource.MAIL_SERVER,
    ConsentSource.QUESTION,
    ConsentSource.SILENCE,
}


class SourceCondition(ConditionForm):
    """They agreed in one of these ways, now or earlier."""

    kind = "source"
    label = gettext_lazy("Source of the consent")

    sources = forms.MultipleChoiceField(
        label=gettext_lazy("They asked for it, or were added, in one of these ways"),
        choices=[(source.value, source.label) for source in ConsentSource if source not in LATER],
        widget=forms.CheckboxSelectMultiple,
    )

    def words(self) -> str:
        """Return "came by Website or Staff"."""
        names = [str(ConsentSource(source).label) for source in self.cleaned_data["sources"]]
        return _("came by %(sources)s") % {"sources": either(names)}

    def q(self) -> Q:
        """Look for an event of consent with this source."""
        return Q(
            Exists(
                ConsentEvent.objects.filter(
                    subscription=OuterRef("pk"),
                    kind__in=ConsentEvent.OF_CONSENT,
                    source__in=self.cleaned_data["sources"],
                )
            )
        )
