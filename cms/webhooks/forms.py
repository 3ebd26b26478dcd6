"""The form for a webhook: an address to which messages may be sent, and at least one event."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Site

from cms.conf import webhooks_conf
from cms.models import WebhookEndpoint
from cms.plugins.registry import personal_events, webhook_events
from cms.webhooks.client import is_public
from cms.webhooks.events import label_of, may_choose


def event_choices(user: AbstractBaseUser | AnonymousUser) -> list[tuple[str, str]]:
    """Return the events of all plugins that the user may choose, with their labels for staff."""
    return [(event.name, f"{label_of(event)} ({event.name})") for event in webhook_events() if may_choose(user, event)]


PERSONAL = gettext_lazy(
    "Messages about readers contain their address and what they chose: choose these events only for a system that may "
    "have them. They come from all newsletters. Only people who may see readers can choose them."
)


def check_target(url: str) -> str:
    """Return `url`; raise ValidationError if messages may never be sent there.

    Host names are not resolved here, but each time that a message is sent.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _port = parts.port
    except ValueError as error:
        raise ValidationError(
            _("This is not a valid address. Enter one like https://www.example.org/hooks/hub.")
        ) from error
    schemes = {"https", "http"} if webhooks_conf.ALLOW_PRIVATE else {"https"}
    if parts.scheme not in schemes or not host or any(letter.isspace() for letter in url):
        raise ValidationError(_("Enter an address that begins with https://, like https://www.example.org/hooks/hub."))
    if parts.username or parts.password or parts.fragment:
        raise ValidationError(_("Leave out user names, passwords and anything after a #. Messages are signed instead."))
    if not webhooks_conf.ALLOW_PRIVATE and _is_private(parts):
        raise ValidationError(_("This address is not public. Nothing is sent to private addresses."))
    return url


def _is_private(parts: SplitResult) -> bool:
    host = (parts.hostname or "").rstrip(".")
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


class EndpointForm(forms.ModelForm):
    """What staff may set; separate buttons switch the webhook on or off and make a new secret."""

    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Which events to send. Messages about pages contain only what the public may see."),
    )

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "note", "site", "events"]

    def __init__(self, *args: Any, user: AbstractBaseUser | AnonymousUser, **kwargs: Any) -> None:  # noqa: ANN401 - passed on as they come
        super().__init__(*args, **kwargs)
        events = self.fields["events"]
        events.choices = event_choices(user)  # type: ignore[attr-defined]
        if personal_events().keys() & dict(event_choices(user)).keys():
            events.help_text = f"{events.help_text} {PERSONAL}"
        if not self.instance.pk and not self.initial.get("site"):
            self.initial["site"] = Site.objects.filter(is_default_site=True).first()

    def clean_url(self) -> str:
        """Refuse addresses to which messages may not be sent."""
        return check_target(self.cleaned_data["url"].strip())
