"""Subscriptions, segments and sign-ups in the Wagtail admin."""

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.model import ModelViewSet

from newsletters.audience.views import segments
from newsletters.audience.views.sign_ups import SignUpList
from newsletters.audience.views.subscriptions import SubscriptionList, SubscriptionPage, invite
from newsletters.models import SignUp, Subscription
from newsletters.publications.permissions import may_see_counts
from newsletters.values import path_keys  # noqa: F401  # registers <key:…>


class SubscriptionViewSet(ModelViewSet):
    """Lists who subscribed to what; people change their own choices, staff look, invite and end.

    It is no snippet and not in the reference index. Otherwise people who may not see subscribers could choose and list
    them as snippets, or see them in the usage of a newsletter or a language.
    """

    model = Subscription
    name = "subscriptions"
    url_prefix = "snippets/hub_newsletters/subscription"
    icon = "group"
    menu_label = gettext_lazy("Subscriptions")
    list_display = ["subscriber", "newsletter", "locale", "theme_set", "status", "status_changed_at"]
    list_filter = ["newsletter", "locale", "status"]
    search_fields = ["subscriber__email", "subscriber__first_name"]
    index_view_class = SubscriptionList
    index_template_name = "newsletters/audience/subscriptions.html"
    inspect_view_enabled = True
    inspect_view_class = SubscriptionPage
    inspect_template_name = "newsletters/audience/subscription.html"
    copy_view_enabled = False
    add_to_reference_index = False
    exclude_form_fields: list[str] = []
    list_per_page = 50

    def get_common_view_kwargs(self, **kwargs: object) -> dict[str, object]:
        """Leave out the links to Wagtail's own pages to edit or delete a subscription: there are none."""
        kept = super().get_common_view_kwargs(**kwargs)
        return kept | {f"{name}_url_name": None for name in ("edit", "delete", "history", "usage")}

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list, of one subscription, and of the form that invites."""
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("add/", invite, name="add"),
            path("inspect/<int:pk>/", self.inspect_view, name="inspect"),
        ]


class SegmentMenuItem(MenuItem):
    """The menu item, shown to those who may see how many read a newsletter."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_counts(request.user)


class SegmentViewSet(ViewSet):
    """Named parts of the audience, to which an issue can be sent."""

    name = "segments"
    url_prefix = "newsletters/segments"
    icon = "tag"
    menu_label = gettext_lazy("Segments")
    menu_item_class = SegmentMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list, of the form with its count, and of deleting."""
        return [
            path("", segments.index, name="index"),
            path("add/<key:newsletter_pk>/", segments.add, name="add"),
            path("count/<key:newsletter_pk>/", segments.count, name="count"),
            path("<key:segment_pk>/", segments.edit, name="edit"),
            path("<key:segment_pk>/delete/", segments.delete, name="delete"),
        ]


class SignUpViewSet(ModelViewSet):
    """Lists who asked for a newsletter lately; a request goes by itself after some days."""

    model = SignUp
    name = "sign_ups"
    url_prefix = "snippets/hub_newsletters/signup"
    icon = "mail"
    menu_label = gettext_lazy("Sign-ups")
    list_display = ["email", "newsletter", "locale", "kind", "status", "source", "requested_at", "reply"]
    list_filter = ["newsletter", "kind", "status", "source"]
    search_fields = ["email"]
    index_view_class = SignUpList
    copy_view_enabled = False
    add_to_reference_index = False
    exclude_form_fields: list[str] = []
    list_per_page = 50

    def get_common_view_kwargs(self, **kwargs: object) -> dict[str, object]:
        """Leave out the links to pages that add or change a request: there are none."""
        names = ("add", "edit", "delete", "history", "usage", "inspect")
        return super().get_common_view_kwargs(**kwargs) | {f"{name}_url_name": None for name in names}

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list."""
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
        ]
