"""The core's app configuration, which checks the plugins once all apps are loaded."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    name = "cms"
    label = "hub_cms"
    verbose_name = _("Innovation Hub")

    def ready(self) -> None:
        from cms import checks, previews  # noqa: PLC0415  # all of it needs the app registry
        from cms.admin import missing_plugins, moments, translations  # noqa: PLC0415
        from cms.api.routes.page_query import SHARED_PARAMETERS  # noqa: PLC0415
        from cms.content import moved_paths, version  # noqa: PLC0415
        from cms.models import HubPage, PluginFault  # noqa: PLC0415
        from cms.pictures import receivers, willow_images  # noqa: PLC0415
        from cms.plugins.fences import Recorder  # noqa: PLC0415
        from cms.plugins.registry import plugins  # noqa: PLC0415
        from cms.plugins.startup import require_fit  # noqa: PLC0415
        from cms.project import durability, logs  # noqa: PLC0415
        from cms.webhooks import changes  # noqa: PLC0415
        from cms.webhooks import checks as webhook_checks  # noqa: PLC0415

        Recorder.record = PluginFault.note
        HubPage.website_preview = staticmethod(previews.show_on_website)
        # Before the schemas are built, which refer to blocks that other plugins bring.
        require_fit(plugins(), taken=SHARED_PARAMETERS)
        checks.register()
        version.connect()
        durability.connect()
        moved_paths.connect()
        receivers.connect()
        willow_images.register()
        logs.connect()
        missing_plugins.connect()
        moments.connect()
        translations.connect()
        webhook_checks.register()
        changes.connect()
