"""The form for sending a test mail."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from wagtail.models import Locale

from newsletters.issues.actions.send_test import MOST_ADDRESSES
from newsletters.issues.edition_list import EditionChoice, edition_choices, edition_of
from newsletters.issues.previewing import active_readers
from newsletters.models import Newsletter, Subscriber, Subscription
from newsletters.values.addresses import clean_address


class MailTestForm(forms.Form):
    """The recipients, the edition, and whether the subject says that it is a test.

    Languages in `left_out` offer no edition, as the issue says nothing in them. With `may_see_subscribers` the test
    can be the mail of one subscriber; nobody else may learn whether an address is a subscriber's. With `is_exact` the
    editions say how many readers they have, however few.
    """

    addresses = forms.CharField(
        label=_("To"),
        widget=forms.TextInput(attrs={"autocomplete": "email"}),
        help_text=_("Up to five addresses, with commas between them."),
        max_length=1300,
    )
    edition = forms.ChoiceField(
        label=_("Edition"), error_messages={"invalid_choice": _("This edition no longer exists. Choose another.")}
    )
    reader = forms.CharField(
        label=_("As this subscriber gets it"),
        required=False,
        max_length=254,
        help_text=_("The subscriber’s address: the test is then their edition. It is not sent to them."),
    )
    is_marked = forms.BooleanField(label=_("Begin the subject with [TEST]"), required=False, initial=True)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        newsletter: Newsletter,
        left_out: Collection[Locale],
        may_see_subscribers: bool,
        is_exact: bool,
        initial: dict[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.newsletter = newsletter
        choices = edition_choices(newsletter, is_exact=is_exact)
        self.choices = [choice for choice in choices if choice.locale not in left_out]
        editions: Any = self.fields["edition"]
        editions.choices = [(choice.key, choice.label) for choice in self.choices]
        if not may_see_subscribers:
            del self.fields["reader"]

    def clean_addresses(self) -> list[str]:
        """Return the addresses without duplicates."""
        typed = [address for address in re.split(r"[\s,;]+", self.cleaned_data["addresses"]) if address]
        addresses = list(dict.fromkeys(clean_address(address) for address in typed))
        if len(addresses) > MOST_ADDRESSES:
            message = ngettext(
                "At most %(most)s address at a time.", "At most %(most)s addresses at a time.", MOST_ADDRESSES
            )
            raise ValidationError(message % {"most": MOST_ADDRESSES})
        return addresses

    def clean_reader(self) -> Subscription | None:
        """Return the subscription of the subscriber with this address, None if the field is empty."""
        typed = self.cleaned_data["reader"].strip()
        found = (
            active_readers(self.newsletter).filter(subscriber__in=Subscriber.objects.at(typed)).first()
            if typed
            else None
        )
        if typed and found is None:
            raise ValidationError(_("Nobody with this address gets the newsletter."))
        return found

    @property
    def chosen(self) -> EditionChoice:
        """The edition of a valid form: the subscriber's, else the chosen one."""
        reader = self.cleaned_data.get("reader")
        if reader:
            return edition_of(reader)
        return next(choice for choice in self.choices if choice.key == self.cleaned_data["edition"])

    @property
    def subscriber(self) -> Subscriber | None:
        """Whom the mail of a valid form greets, None for nobody in particular."""
        reader: Subscription | None = self.cleaned_data.get("reader")
        return reader.subscriber if reader else None
