"""A report on all pages, narrowed by the themes of both kinds that they have."""

from __future__ import annotations

from django.db.models import Model, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils.translation import gettext_lazy as _
from django_filters import ModelMultipleChoiceFilter
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.pages.listing import GenericPageFilterSet, IndexView
from wagtail.admin.viewsets.pages import PageListingViewSet
from wagtail.permission_policies.pages import PagePermissionPolicy

from cms.admin.listings import NoExport
from cms.models import CrossCuttingTheme, HubPage, Theme

NAME = "hub_themed_pages"


def _themes(_request: HttpRequest | None) -> QuerySet[Theme]:
    return Theme.objects.prefetch_related("names__locale")


def _cross_cutting(_request: HttpRequest | None) -> QuerySet[CrossCuttingTheme]:
    return CrossCuttingTheme.objects.prefetch_related("names__locale")


class ThemedPageFilters(GenericPageFilterSet):
    """Wagtail's filters of pages, and the themes."""

    themes = ModelMultipleChoiceFilter(label=_("Themes"), queryset=_themes, widget=CheckboxSelectMultiple)
    cross_cutting = ModelMultipleChoiceFilter(
        label=_("Cross-cutting themes"), queryset=_cross_cutting, widget=CheckboxSelectMultiple
    )

    class Meta:
        model = HubPage
        fields: list[str] = []


class ThemedPageList(NoExport, IndexView):
    """The list of pages; new ones are made in the explorer, where their place is chosen too."""

    def get_add_url(self) -> None:
        """Return nothing, so that there is no button."""


class ThemedPages(PageListingViewSet):
    """Lists the pages that somebody may see in the explorer."""

    name = NAME
    url_prefix = "reports/pages-by-theme"
    model = HubPage
    icon = "tag"
    index_view_class = ThemedPageList
    filterset_class = ThemedPageFilters

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the addresses of the list, without the one for making a page."""
        return [pattern for pattern in super().get_urlpatterns() if pattern.name != "choose_parent"]


class ThemedPagesItem(MenuItem):
    """The menu item, shown to those who may do something with some page."""

    def is_shown(self, request: HttpRequest) -> bool:
        return bool(PagePermissionPolicy().explorable_root_instance(request.user))


def themed_pages_item() -> MenuItem:
    """Return the report's menu item."""
    return ThemedPagesItem(_("Pages by theme"), reverse(f"{NAME}:index"), icon_name="tag", order=800)


def pages_with(theme: Model, *, field: str) -> str:
    """Return the address of the list of pages that have this theme in their `field`."""
    return f"{reverse(f'{NAME}:index')}?{field}={theme.pk}"
