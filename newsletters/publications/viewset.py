"""Newsletters in the Wagtail admin."""

from __future__ import annotations

from django.forms import CheckboxSelectMultiple
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.snippets.views.snippets import SnippetViewSet

from cms.admin.listings import SnippetList
from newsletters.models import Newsletter
from newsletters.publications.look_panels import look_panels
from newsletters.publications.speed_panels import speed_panels

PANELS = [
    FieldPanel("name"),
    FieldPanel("slug"),
    MultiFieldPanel(
        [FieldPanel("sender_name"), FieldPanel("sender_email"), FieldPanel("reply_to")],
        heading=_("Sender"),
    ),
    MultiFieldPanel([FieldPanel("postal_address"), FieldPanel("registration_number")], heading=_("Organisation")),
    FieldPanel("time_zone"),
    FieldPanel("sends_welcome"),
    InlinePanel("texts", heading=_("Languages"), label=_("Language"), min_num=1),
]


RIGHTS = [
    FieldPanel("approving_groups", widget=CheckboxSelectMultiple, permission="auth.change_group"),
    FieldPanel("sending_groups", widget=CheckboxSelectMultiple, permission="auth.change_group"),
]


class NewsletterViewSet(SnippetViewSet):
    model = Newsletter
    icon = "mail"
    list_display = ["name", "sender_name", "sender_email"]
    search_fields = ["name"]
    index_view_class = SnippetList
    edit_handler = TabbedInterface(
        [
            ObjectList(PANELS, heading=_("Newsletter")),
            ObjectList(look_panels(), heading=_("Look")),
            ObjectList(speed_panels(), heading=_("Sending speed")),
            ObjectList(RIGHTS, heading=_("Rights")),
        ]
    )
