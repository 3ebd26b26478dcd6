"""A second factor for logging in: users who have set up an authenticator app enter its code with their password.

The code is checked together with the password, so no way to log in can skip it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import qrcode
from django import forms
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key
from qrcode.image.svg import SvgPathImage
from wagtail.admin.forms.auth import LoginForm as PasswordForm
from wagtail.admin.views.account import BaseSettingsPanel
from wagtail.users.models import UserProfile

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SALT = "hub_cms.two_factor"
SET_UP_WITHIN_SECONDS = 3600


def matches(user: AbstractBaseUser, code: str) -> bool:
    """Return whether this is the app's current code; each code is valid once, and wrong codes slow down the next."""
    with transaction.atomic():
        devices = TOTPDevice.objects.devices_for_user(user, confirmed=True).select_for_update()
        return any(device.verify_token(code) for device in devices)


def has_app(user: AbstractBaseUser) -> bool:
    """Return whether the user has set up an app."""
    return TOTPDevice.objects.devices_for_user(user, confirmed=True).exists()


class TwoFactorBackend(ModelBackend):
    """Django's backend, which also checks the code."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,  # noqa: ANN401 - the credentials of other ways to log in
    ) -> User | None:
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is None or not has_app(user):
            return user
        code = request.POST.get("code", "") if request else ""
        if not matches(user, code.replace(" ", "")):
            raise PermissionDenied
        return user


def _code_field(*, label: StrOrPromise | None = None) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric"}
    return forms.CharField(required=False, max_length=12, widget=forms.TextInput(attrs=attributes), label=label)


class LoginForm(PasswordForm):
    """Wagtail's form with a field for the code; the error does not say which of the three was wrong."""

    code = _code_field(label=_("Code from your authenticator app, if you have set one up"))
    error_messages = {
        **PasswordForm.error_messages,
        "invalid_login": _("Your %(username_field)s, password and code do not match. Please try again."),
    }


class TwoFactorForm(forms.Form):
    """Set up an app, or remove it; both need the app's current code."""

    secret = forms.CharField(widget=forms.HiddenInput, required=False)
    code = _code_field()

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - passed on as they come
        instance: AbstractBaseUser,
        **kwargs: Any,  # noqa: ANN401 - passed on as they come
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.is_on = instance, has_app(instance)
        if self.is_on:
            del self.fields["secret"]
            self.fields["code"].label = _("Enter a code to log in without the app from now on")
            return
        self.fields["code"].label = _("Code that the app shows")
        if not self.is_bound:
            self.initial["secret"] = signing.dumps([instance.pk, default_key()], salt=SALT)

    def clean(self) -> dict[str, Any]:
        """Refuse a code that is not the app's current one."""
        cleaned = super().clean() or {}
        code = cleaned.get("code", "").replace(" ", "")
        if not code:
            return cleaned
        if self.is_on:
            is_right = matches(self.user, code)
        else:
            totp = TOTP(bytes.fromhex(self.key), drift=0)
            is_right = code.isascii() and code.isdigit() and totp.verify(int(code), tolerance=1)
            cleaned["last_t"] = totp.t()
        if not is_right:
            raise ValidationError({"code": _("This is not the code that the app shows now.")})
        return cleaned

    def save(self) -> None:
        """Add or remove the app, if a code was given."""
        if not self.cleaned_data["code"]:
            return
        if self.is_on:
            TOTPDevice.objects.devices_for_user(self.user).delete()
        else:
            TOTPDevice.objects.create(user=self.user, name="app", key=self.key, last_t=self.cleaned_data["last_t"])

    @property
    def key(self) -> str:
        """The app's key in hexadecimal digits; the form carries it until the app is set up."""
        signed = self.data.get(self.add_prefix("secret"), "") if self.is_bound else self.initial["secret"]
        try:
            owner, key = signing.loads(signed, salt=SALT, max_age=SET_UP_WITHIN_SECONDS)
        except signing.BadSignature as error:
            raise ValidationError(_("This page was open for too long. Load it again.")) from error
        if owner != self.user.pk:
            raise ValidationError(_("This page was open for too long. Load it again."))
        return str(key)

    @property
    def key_to_type(self) -> str:
        """The key for typing into an app, in groups of four characters."""
        letters = base64.b32encode(bytes.fromhex(self.key)).decode()
        return " ".join(letters[index : index + 4] for index in range(0, len(letters), 4))

    @property
    def picture(self) -> str:
        """The key as a QR code, as a data URL for `src`."""
        issuer = settings.WAGTAIL_SITE_NAME
        label = quote(f"{issuer}:{self.user.get_username()}")
        address = f"otpauth://totp/{label}?" + urlencode(
            {"secret": self.key_to_type.replace(" ", ""), "issuer": issuer}
        )
        svg = qrcode.make(address, image_factory=SvgPathImage).to_string()
        return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"


class TwoFactorPanel(BaseSettingsPanel):
    """The section of the account page for the second factor."""

    name = "two_factor"
    title = _("Authenticator app")
    order = 600
    form_class = TwoFactorForm
    template_name = "cms/logins/two_factor.html"


def two_factor_panel(request: HttpRequest, user: AbstractBaseUser, profile: UserProfile) -> TwoFactorPanel:
    """Return the panel, for Wagtail's hook."""
    return TwoFactorPanel(request, user, profile)
