"""Readers, segments and sign-ups in the Wagtail admin."""

from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.model import ModelViewSet

from newsletters.audience.views import segments
from newsletters.audience.views.readers import readers
from newsletters.audience.views.sign_ups import SignUpList
from newsletters.audience.views.subscriptions import invite
from newsletters.models import SignUp
from newsletters.publications.permissions import may_see_counts
from newsletters.values import path_keys  # noqa: F401  # registers <key:…>


class CountsMenuItem(MenuItem):
    """The menu item, shown to those who may see readers or their number."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_counts(request.user)


class ReaderViewSet(ViewSet):
    """Lists who reads what; people change their own choices, staff look, invite, and do what they are asked to.

    It is no snippet and not in the reference index. Otherwise people who may not see readers could choose and list them
    as snippets, or see them in the usage of a newsletter or a language.
    """

    name = "subscriptions"
    url_prefix = "newsletters/subscribers"
    icon = "group"
    menu_label = gettext_lazy("Readers")
    menu_item_class = CountsMenuItem

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list and of the form that invites."""
        return [path("", readers, name="index"), path("add/", invite, name="add")]


class SegmentViewSet(ViewSet):
    """Named parts of the audience, to which an issue can be sent."""

    name = "segments"
    url_prefix = "newsletters/segments"
    icon = "tag"
    menu_label = gettext_lazy("Segments")
    menu_item_class = CountsMenuItem

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
