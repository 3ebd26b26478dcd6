"""The core's configuration: the plugins are checked once all apps are there."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    label = "hub_cms"
    verbose_name = _("Innovation Hub")

    def ready(self) -> None:
        from cms import checks, content_version, gone, logs, renditions, willow_images  # noqa: PLC0415  # apps first
        from cms.webhooks import changes  # noqa: PLC0415
        from cms.webhooks import checks as webhook_checks  # noqa: PLC0415

        checks.register()
        content_version.connect()
        gone.connect()
        renditions.connect()
        willow_images.register()
        logs.connect()
        webhook_checks.register()
        changes.connect()
