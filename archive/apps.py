"""The app's configuration: a label and table names of its own."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArchiveConfig(AppConfig):
    name = "archive"
    label = "hub_archive"
    verbose_name = _("Archive")
