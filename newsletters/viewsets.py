"""Newsletters and subscriptions in the Wagtail admin."""

from typing import Any

from django.utils.translation import gettext_lazy
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from newsletters.composing.side_panels import IssueCreateView, IssueEditView
from newsletters.models import IssuePage, Newsletter, Subscription
from newsletters.views.subscriptions import SubscriptionList, SubscriptionPage, invite


class NewsletterViewSet(SnippetViewSet):
    model = Newsletter
    icon = "mail"
    list_display = ["name", "sender_name", "sender_email"]
    search_fields = ["name"]


class SubscriptionViewSet(SnippetViewSet):
    """Who subscribed to what; people change their own choices, staff look, invite and end."""

    model = Subscription
    icon = "group"
    menu_label = gettext_lazy("Subscriptions")
    list_display = ["subscriber", "newsletter", "locale", "theme_set", "status", "status_changed_at"]
    list_filter = ["newsletter", "locale", "status"]
    search_fields = ["subscriber__email", "subscriber__first_name"]
    index_view_class = SubscriptionList
    index_template_name = "newsletters/admin/subscriptions.html"
    inspect_view_enabled = True
    inspect_view_class = SubscriptionPage
    copy_view_enabled = False
    list_per_page = 50

    @property
    def add_view(self) -> Any:
        return invite


class NewsletterGroup(SnippetViewSetGroup):
    items = (NewsletterViewSet, SubscriptionViewSet)
    menu_label = gettext_lazy("Subscribers")
    menu_icon = "group"
    menu_order = 310


class IssueViewSet(PageViewSet):
    """Wagtail's own pages for an issue, but for its editor."""

    model = IssuePage
    add_view_class = IssueCreateView
    edit_view_class = IssueEditView
