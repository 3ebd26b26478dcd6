"""The frame of the newsletter's own pages in the Wagtail admin: title, icon and breadcrumbs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _


def render_page(
    request: HttpRequest, name: str, *, title: str, icon: str, subtitle: str = "", **context: object
) -> HttpResponse:
    """Return the template `newsletters/<name>.html` in Wagtail's frame; `context` goes to the template.

    With `breadcrumbs_items` among it these lead to the page, in place of the overview.
    """
    crumbs = [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("newsletters_admin:overview"), "label": _("Newsletter")},
    ]
    if name != "issues/overview":
        crumbs.append({"url": "", "label": title, "sublabel": subtitle})
    frame = {
        "page_title": title,
        "page_subtitle": subtitle,
        "header_title": f"{title}: {subtitle}" if subtitle else title,
        "header_icon": icon,
        "breadcrumbs_items": crumbs,
    }
    return render(request, f"newsletters/{name}.html", frame | context)
