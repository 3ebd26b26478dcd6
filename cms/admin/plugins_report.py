"""The report “Plugins”: what is installed, what is disabled, and which faults the fences caught."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from wagtail.admin.menu import MenuItem

from cms.models import PluginFault
from cms.models.plugin_fault import KEEP
from cms.plugins.contract import CONTRACT, plugin_entry_points
from cms.plugins.described import describe
from cms.plugins.registry import plugins

MOST_FAULTS = 20  # for each plugin, the latest


@require_safe
def plugins_report(request: HttpRequest) -> HttpResponse:
    """Show administrators each plugin with its version, its contract, what it adds, and its last faults."""
    if not request.user.is_superuser:
        raise PermissionDenied
    faults: dict[str, list[PluginFault]] = {}
    for fault in PluginFault.objects.filter(last_at__gt=timezone.now() - KEEP):
        faults.setdefault(fault.plugin, []).append(fault)
    rows = [describe(plugin) | {"faults": faults.get(plugin.name, [])[:MOST_FAULTS]} for plugin in plugins()]
    known = {plugin.name for plugin in plugins()}
    return render(
        request,
        "cms/plugins_report.html",
        {
            "page_title": _("Plugins"),
            "header_title": _("Plugins"),
            "header_icon": "cogs",
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": _("Home")},
                {"url": "", "label": _("Plugins")},
            ],
            "contract": CONTRACT,
            "rows": rows,
            "disabled": _disabled(known),
        },
    )


def _disabled(known: set[str]) -> list[str]:
    """Return the installed plugins that the settings disable."""
    disabled = set(settings.HUB_PLUGINS_DISABLED)
    return sorted({entry.name for entry in plugin_entry_points() if entry.name in disabled} - known)


class PluginsMenuItem(MenuItem):
    """Shown to those who may open the report."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)


def menu_item() -> MenuItem:
    """Return the report's item in the menu of reports."""
    return PluginsMenuItem(
        gettext_lazy("Plugins"), reverse("hub_plugins_report"), name="hub-plugins", icon_name="cogs", order=900
    )
