"""The forms for subscriptions, which subscribers and staff fill in."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypedDict
from unicodedata import category

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.own_fields.answers import AsksOwnFields
from newsletters.audience.own_fields.keep_answers import answers_of
from newsletters.models import Newsletter, OwnField, Subscriber, Subscription
from newsletters.values.addresses import clean_address, mailbox_of
from newsletters.values.subscriber_details import SubscriberDetails

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
JOINERS = "\u200c\u200d"  # names in Persian and in Indian scripts need them


class ThemesField(forms.ModelMultipleChoiceField):
    """Checkboxes with the themes' names in the reader's language."""

    widget: type[forms.Widget] | forms.Widget = forms.CheckboxSelectMultiple

    def __init__(self) -> None:
        errors = {"required": _("Choose at least one theme.")}
        super().__init__(queryset=Theme.objects.none(), label=_("Themes"), error_messages=errors)

    def clean(self, value: object) -> QuerySet[Theme]:
        """Refuse what cannot be the number of a theme before the database is asked for it."""
        for key in value if isinstance(value, list | tuple) else ():
            if not re.fullmatch(r"[0-9]{1,18}", f"{key}"):
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": key})
        return super().clean(value)

    def label_from_instance(self, obj: Theme) -> str:
        return obj.name_in(get_language() or "en")

    def offer_all(self) -> None:
        """Offer all themes; a hub without themes hides the field."""
        self.queryset = Theme.objects.prefetch_related("names__locale")
        self.required = Theme.objects.exists()
        if not self.required:
            self.widget = forms.MultipleHiddenInput()


class AddressField(forms.EmailField):
    """An address as `clean_address` understands it."""

    default_validators = []

    def to_python(self, value: object) -> str | None:
        typed = super().to_python(value)
        return clean_address(typed) if typed else typed


class NameField(forms.CharField):
    """A first name on one line, without invisible characters such as those that turn the direction of the text."""

    def __init__(self, *, label: StrOrPromise) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "given-name"})
        super().__init__(label=label, max_length=80, required=False, widget=widget)

    def to_python(self, value: object) -> str:
        typed = super().to_python(value) or ""
        visible = (each for each in typed if each.isspace() or each in JOINERS or category(each) not in INVISIBLE)
        return " ".join("".join(visible).split())


class ChoicesForm(forms.Form):
    """Choose themes and a language."""

    themes = ThemesField()
    language = forms.ChoiceField(label=_("Language"), widget=forms.RadioSelect)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        newsletter: Newsletter,
        initial: MutableMapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.locales = {locale.language_code: locale for locale in newsletter.locales()}
        fields: dict[str, Any] = self.fields
        fields["themes"].offer_all()
        fields["language"].choices = [(code, locale.get_display_name()) for code, locale in self.locales.items()]

    @property
    def locale(self) -> Locale:
        """The chosen locale of a valid form."""
        return self.locales[self.cleaned_data["language"]]


class SignUpForm(AsksOwnFields, ChoicesForm):
    """Request a subscription. People do not see `leave_empty`; programs fill it in."""

    email = AddressField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    first_name = NameField(label=_("First name (if you like)"))
    leave_empty = forms.CharField(label=_("Leave this empty"), required=False)

    field_order = ["email", "first_name", "themes", "language", "leave_empty"]

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        newsletter: Newsletter,
        initial: MutableMapping[str, object] | None = None,
    ) -> None:
        super().__init__(data, newsletter=newsletter, initial=initial)
        self.ask(OwnField.objects.asked_by(newsletter), may_require=True)

    def details(self) -> Iterator[forms.BoundField]:
        """Return the fields that hold the subscriber's own details."""
        return (self[field.name] for field in dataclasses.fields(SubscriberDetails))


class LinkForm(forms.Form):
    """Ask for the link to one's own page."""

    email = AddressField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class AddressForm(forms.Form):
    """Change one's own address."""

    email = AddressField(
        label=_("New e-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def __init__(self, data: QueryDict | None = None, *, subscriber: Subscriber) -> None:
        super().__init__(data)
        self.mailbox = subscriber.mailbox

    def clean_email(self) -> str:
        """Refuse the address that the subscriber has already."""
        email: str = self.cleaned_data["email"]
        if mailbox_of(email) == self.mailbox:
            raise forms.ValidationError(_("Your newsletters go to this address already."))
        return email


class NameForm(forms.Form):
    """Change one's own name."""

    first_name = NameField(label=_("First name (if you like)"))


class AboutForm(AsksOwnFields):
    """Change one's own answers to own fields; an empty one takes the answer away."""

    def __init__(self, data: QueryDict | None = None, *, subscriber: Subscriber) -> None:
        super().__init__(data)
        own_fields = list(OwnField.objects.shown_to(subscriber))
        self.ask(own_fields, kept=answers_of(subscriber) if own_fields else {})


class PauseForm(forms.Form):
    """Choose until when no mail should come: a day within the next year."""

    until = forms.DateField(label=_("No mail until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict | None = None, *, today: date) -> None:
        super().__init__(data)
        self.first, self.last = today + timedelta(days=1), today + timedelta(days=366)
        self.fields["until"].widget.attrs |= {"min": f"{self.first}", "max": f"{self.last}"}

    def clean_until(self) -> date:
        """Refuse days that are over or too far away."""
        until: date = self.cleaned_data["until"]
        if not self.first <= until <= self.last:
            raise forms.ValidationError(_("Choose a day between tomorrow and a year from now."))
        return until


class RestoreForm(forms.Form):
    """Say why mail may be sent again to somebody whose subscription was set aside."""

    note = forms.CharField(
        label=_("Why may we mail them again?"),
        max_length=255,
        help_text=_("For example: they called, their mailbox works again. It is kept with the consent."),
    )


class Invitation(TypedDict):
    """Who is invited to which newsletter, in which language and on which themes."""

    newsletter: Newsletter
    details: SubscriberDetails
    locale: Locale
    themes: QuerySet[Theme]
    basis: Subscription.Basis
    agreed_on: date | None
    ground: str


class InvitationForm(forms.Form):
    """Invite somebody to a newsletter; `language` is also the language of the confirmation mail."""

    email = AddressField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    first_name = forms.CharField(label=_("First name (if you know it)"), max_length=80, required=False)
    newsletter = forms.ModelChoiceField(queryset=Newsletter.objects.none(), label=_("Newsletter"), empty_label=None)
    language = forms.ModelChoiceField(queryset=Locale.objects.none(), label=_("Language"), empty_label=None)
    themes = ThemesField()
    basis = forms.ChoiceField(
        label=_("Why may we invite them?"), choices=Subscription.Basis.choices, widget=forms.RadioSelect
    )
    agreed_on = forms.DateField(
        label=_("When did they agree?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("If they agreed somewhere else."),
    )
    ground = forms.CharField(
        label=_("Where did they agree, or what is the relation?"),
        max_length=255,
        help_text=_(
            "For example: asked for it at the meeting of 12 May; or: donor since 2024, the letter of thanks says how "
            "to object. It is kept with the consent."
        ),
    )

    def __init__(self, data: Mapping[str, object] | None = None) -> None:
        super().__init__(data)
        fields: dict[str, Any] = self.fields
        fields["newsletter"].queryset = Newsletter.objects.all()
        fields["language"].queryset = Locale.objects.all()
        fields["language"].initial = Locale.get_active()
        fields["themes"].offer_all()

    def clean_agreed_on(self) -> date | None:
        """Refuse a day that is still to come."""
        day: date | None = self.cleaned_data["agreed_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day is still to come."))
        return day

    def clean(self) -> dict[str, object]:
        """Refuse a language that the newsletter is not published in, and consent without its day."""
        cleaned = super().clean() or {}
        if cleaned.get("basis") == Subscription.Basis.RELATION:
            cleaned["agreed_on"] = None
        elif "basis" in cleaned and not cleaned.get("agreed_on") and "agreed_on" not in self.errors:
            self.add_error("agreed_on", _("Say on which day they agreed."))
        newsletter, locale = cleaned.get("newsletter"), cleaned.get("language")
        if newsletter and locale and locale not in newsletter.locales():
            words = _("“%(newsletter)s” is not published in this language.")
            self.add_error("language", words % {"newsletter": newsletter})
        return cleaned

    def choices(self) -> Invitation:
        """Return the arguments for the action `invite`; call it on a valid form."""
        chosen = self.cleaned_data
        return {
            "newsletter": chosen["newsletter"],
            "details": SubscriberDetails.of(chosen),
            "locale": chosen["language"],
            "themes": chosen["themes"],
            "basis": Subscription.Basis(chosen["basis"]),
            "agreed_on": chosen["agreed_on"],
            "ground": chosen["ground"],
        }
