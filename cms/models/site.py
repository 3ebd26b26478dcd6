"""The settings of a site that editors can change."""

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def check_preview_url(value: str) -> None:
    """Raise ValidationError unless unpublished pages reach this address encrypted, or stay on this machine."""
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValidationError(_("Enter an address that starts with https://, or http://localhost for development."))


@register_setting(icon="site")
class SiteSettings(BaseSiteSetting):
    """The organisation behind the site, which the website shows in its footer, and where that website is."""

    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    contact_email = models.EmailField(_("contact address"), blank=True)
    postal_address = models.TextField(_("postal address"), blank=True)
    preview_url = models.URLField(
        _("website’s preview address"),
        blank=True,
        validators=[check_preview_url],
        help_text=_(
            "Where the website shows pages that are not saved yet, such as https://www.example.org/preview. "
            "Leave it empty to see them plainly, without the website."
        ),
    )

    class Meta:
        verbose_name = _("organisation")
