"""The app's configuration: a label and table names of its own."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamConfig(AppConfig):
    name = "team"
    label = "hub_team"
    verbose_name = _("Team")
