"""The app's configuration: its label, and what has to be set up when Django is ready."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewslettersConfig(AppConfig):
    name = "newsletters"
    label = "hub_newsletters"
    verbose_name = _("Newsletters")

    def ready(self) -> None:
        from cms.project.logs import hide_after  # noqa: PLC0415
        from newsletters import checks  # noqa: PLC0415  # these need the app registry
        from newsletters.issues import approval_mails  # noqa: PLC0415
        from newsletters.issues.panels.edit_handler import give_editor  # noqa: PLC0415
        from newsletters.issues.previewing import EditionPreview  # noqa: PLC0415
        from newsletters.models import IssuePage  # noqa: PLC0415

        # Personal links, which nobody who reads a log should follow.
        hide_after("/n/c/", "/n/u/", "/n/p/", "/n/m/", "/n/a/", "/n/r/", "/n/q/")
        checks.register()
        approval_mails.connect()
        give_editor()
        IssuePage.preview = EditionPreview()
