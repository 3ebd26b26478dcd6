"""The app's configuration: a label and table names of its own."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ThemesConfig(AppConfig):
    name = "themes"
    label = "hub_themes"
    verbose_name = _("Themes")

    def ready(self) -> None:
        from themes import signal_handlers  # noqa: PLC0415  # needs the app registry

        signal_handlers.connect()
