"""The keys for other systems in the admin, under Settings: the list and the form."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormMixin
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import HeaderButton

from cms.admin.listings import ModelList
from newsletters.audience.api_keys import views
from newsletters.audience.api_keys.form import ApiKeyForm
from newsletters.audience.api_keys.rights import require_change
from newsletters.models import ApiKey
from newsletters.values import path_keys  # noqa: F401  # registers <key:…>


class ApiKeyList(ModelList):
    """The keys, whether they work, and when they were last used."""

    def get_base_queryset(self) -> QuerySet[ApiKey]:
        return ApiKey.objects.prefetch_related("newsletters")


class WithUser(FormMixin):
    """Lets the form offer only the rights that the user has."""

    request: HttpRequest

    def get_form_kwargs(self) -> dict[str, object]:
        return super().get_form_kwargs() | {"user": self.request.user}


class ApiKeyCreate(WithUser, generic.CreateView):
    """Leads to the page that makes the key and shows it once."""

    success_message = None

    def get_success_url(self) -> str:
        return reverse("api_keys:make", args=[self.object.pk])


class ApiKeyEdit(WithUser, generic.EditView):
    """Changes what a key may do; for those who may do that themselves."""

    def get_object(self, *args: object) -> ApiKey:
        api_key: ApiKey = super().get_object(*args)
        require_change(self.request.user, api_key)
        return api_key

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        """Buttons to the pages that make and revoke the key; none for a key that was revoked."""
        if self.object.revoked_at:
            return []
        make = _("New key …") if self.object.digest else _("Make the key …")
        revoke = reverse("api_keys:revoke", args=[self.object.pk])
        return [
            HeaderButton(make, url=reverse("api_keys:make", args=[self.object.pk]), icon_name="key", priority=10),
            HeaderButton(_("Revoke …"), url=revoke, icon_name="cross", priority=20),
        ]


class ApiKeyViewSet(ModelViewSet):
    """The keys for other systems, under Settings."""

    name = "api_keys"
    url_prefix = "newsletters/keys"
    model = ApiKey
    icon = views.ICON
    menu_label = gettext_lazy("API keys")
    menu_order = 660
    add_to_settings_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    index_view_class = ApiKeyList
    add_view_class = ApiKeyCreate
    edit_view_class = ApiKeyEdit
    list_display = [
        TitleColumn("name", label=gettext_lazy("System"), url_name="api_keys:edit"),
        Column(
            "newsletters",
            label=gettext_lazy("Newsletters"),
            accessor=lambda key: ", ".join(str(each) for each in key.newsletters.all()),
        ),
        StatusTagColumn(
            "state_label", label=gettext_lazy("State"), primary=lambda key: bool(key.digest and not key.revoked_at)
        ),
        DateColumn("last_used_at", label=gettext_lazy("Last used")),
    ]

    def get_form_class(self, **_options: bool) -> type[ApiKeyForm]:
        """Return the same form for new and existing keys."""
        return ApiKeyForm

    def get_common_view_kwargs(self, **kwargs: object) -> dict[str, object]:
        """Leave out the links to pages that there are not: a key is revoked and never deleted."""
        names = ("delete", "history", "usage", "inspect")
        return super().get_common_view_kwargs(**kwargs) | {f"{name}_url_name": None for name in names}

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list, of the form, and of making and revoking a key."""
        return [
            path("", self.index_view, name="index"),
            path("results/", self.index_results_view, name="index_results"),
            path("new/", self.add_view, name="add"),
            path("edit/<int:pk>/", self.edit_view, name="edit"),
            path("make/<key:key_pk>/", views.make, name="make"),
            path("revoke/<key:key_pk>/", views.revoke, name="revoke"),
        ]
