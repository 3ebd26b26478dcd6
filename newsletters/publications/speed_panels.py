"""The editor's panels for how fast a newsletter is sent."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, Panel


def speed_panels() -> list[Panel]:
    """Return the panels of the tab “Sending speed”."""
    return [
        HelpPanel(
            _("Leave a field empty for no limit. All issues of this newsletter share these limits."),
        ),
        FieldRowPanel(
            [FieldPanel(f"most_per_{time}") for time in ("second", "minute", "hour", "day")], heading=_("At most")
        ),
        FieldRowPanel([FieldPanel("send_from"), FieldPanel("send_until")], heading=_("Only at these times")),
        FieldPanel("send_on"),
        FieldRowPanel([FieldPanel("warm_up_first_day"), FieldPanel("warm_up_growth")], heading=_("Warm-up")),
    ]
