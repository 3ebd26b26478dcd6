"""Issues in the Wagtail admin."""

from wagtail.admin.viewsets.pages import PageViewSet

from newsletters.issues.panels.side_panels import IssueCreateView, IssueEditView
from newsletters.models import IssuePage


class IssueViewSet(PageViewSet):
    """Wagtail's own views of an issue, except its editor."""

    model = IssuePage
    add_view_class = IssueCreateView
    edit_view_class = IssueEditView
