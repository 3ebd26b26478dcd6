"""What holds for the whole site, as editors set it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting


@register_setting(icon="site")
class SiteSettings(BaseSiteSetting):
    """The organisation behind the site; the website shows it in its footer."""

    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    contact_email = models.EmailField(_("contact address"), blank=True)
    postal_address = models.TextField(_("postal address"), blank=True)

    class Meta:
        verbose_name = _("organisation")
