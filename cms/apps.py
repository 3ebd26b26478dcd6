"""The core's configuration: the plugins are checked once all apps are there."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    label = "hub_cms"
    verbose_name = _("Innovation Hub")

    def ready(self) -> None:
        from cms import (  # noqa: PLC0415  # they need the app registry
            checks,
            content_version,
            durability,
            gone,
            logs,
            missing_plugins,
            moments,
            renditions,
            translations,
            willow_images,
        )
        from cms.registry import plugins  # noqa: PLC0415
        from cms.webhooks import changes  # noqa: PLC0415
        from cms.webhooks import checks as webhook_checks  # noqa: PLC0415

        plugins()  # while the apps get ready: a plugin's schemas name blocks of kinds that other plugins bring
        checks.register()
        content_version.connect()
        durability.connect()
        gone.connect()
        renditions.connect()
        willow_images.register()
        logs.connect()
        missing_plugins.connect()
        moments.connect()
        translations.connect()
        webhook_checks.register()
        changes.connect()
