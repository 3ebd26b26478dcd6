"""The panels and the form of an issue's editor, kept apart from the model."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, InlinePanel, MultiFieldPanel, Panel

from newsletters.issues.forms.issue import IssueForm
from newsletters.issues.panels.story_panel import StoriesPanel
from newsletters.models import IssuePage

CONTENT_PANELS: list[Panel] = [
    HelpPanel(template="newsletters/issues/issue_help.html"),
    FieldPanel(
        "title",
        heading=_("Working title"),
        help_text=_("For the team and the archive; the mails have the titles below."),
    ),
    FieldPanel("issue_date"),
    MultiFieldPanel(
        [FieldRowPanel([FieldPanel("send_to"), FieldPanel("not_to")])],
        heading=_("Recipients"),
        help_text=_(
            "A segment is a part of the readers, as they are when the issue is sent. Changing it needs a new approval."
        ),
    ),
    InlinePanel("texts", heading=_("Words in each language"), label=_("Language"), min_num=1),
    StoriesPanel(heading=_("Stories and their pages")),
    FieldPanel("body"),
]
PROMOTE_PANELS: list[Panel] = [
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("gather_from"), FieldPanel("gather_until")]),
            FieldPanel("themes"),
            FieldPanel("tags"),
        ],
        heading=_("What “Gather” looks for: pages from this period with any of these themes or tags"),
    ),
    FieldPanel("slug"),
]


def give_editor() -> None:
    """Set the editor of issues; called when the app is ready, before Wagtail first uses it."""
    IssuePage.base_form_class = IssueForm
    IssuePage.content_panels, IssuePage.promote_panels = CONTENT_PANELS, PROMOTE_PANELS
