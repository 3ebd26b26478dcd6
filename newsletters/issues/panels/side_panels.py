"""The side panels of an issue's editor."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from wagtail.admin.ui.components import MediaContainer
from wagtail.admin.ui.side_panels import BaseSidePanel, ChecksSidePanel
from wagtail.admin.views.pages.create import CreateView
from wagtail.admin.views.pages.edit import EditView

from newsletters.models import IssuePage


class IssueChecksPanel(BaseSidePanel):
    """The checks of an issue; the panel fetches them when the editor opens, and again after each save."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = gettext_lazy("Toggle checks")
        icon_name = "clipboard-list"

    name = "issue-checks"
    title = gettext_lazy("Checks")
    template_name = "newsletters/issues/checks_panel.html"
    order = 350

    class Media:
        css = {"all": ["newsletters/checks.css"]}
        js = ["newsletters/checks.js", "newsletters/quick.js"]


class WithIssueChecks:
    """An editor with the issue's own checks instead of Wagtail's, which are for web pages."""

    page: IssuePage
    request: HttpRequest
    expects_json_response: bool

    def get_side_panels(self) -> MediaContainer:
        """Return Wagtail's panels and ours; a JSON answer to a save needs none, as the panel fetches its content."""
        panels = [panel for panel in super().get_side_panels() if not isinstance(panel, ChecksSidePanel)]  # type: ignore[misc]
        if not self.expects_json_response:
            panels.append(IssueChecksPanel(self.page, self.request))
        return MediaContainer(sorted(panels, key=lambda panel: panel.order))


class IssueCreateView(WithIssueChecks, CreateView):
    """The editor of a new issue."""

    def get_side_panels(self) -> MediaContainer:
        """Set the page's future path: the preview takes its languages from the newsletter above it."""
        self.page.path = IssuePage._get_children_path_interval(self.parent_page.path)[1]  # noqa: SLF001 - treebeard's
        self.page.depth = self.parent_page.depth + 1
        return super().get_side_panels()


class IssueEditView(WithIssueChecks, EditView):
    """The editor of an issue."""
