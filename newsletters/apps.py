"""The app's configuration: a label and table names of its own."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewslettersConfig(AppConfig):
    name = "newsletters"
    label = "hub_newsletters"
    verbose_name = _("Newsletters")
