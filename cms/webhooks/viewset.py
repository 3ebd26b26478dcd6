"""The webhooks in the admin, under Settings: the list, the form, and each webhook's log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic.edit import FormMixin
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.admin.widgets.button import HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permissions import policy_registry

from cms.admin.listings import ModelList
from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks import views
from cms.webhooks.forms import EndpointForm


class EndpointList(ModelList):
    """The endpoints, whether they are on, and when a message last arrived."""

    def get_base_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.select_related("site").annotate(
            arrived_at=Max("deliveries__delivered_at"),
        )


class WithUser(FormMixin):
    """Lets the form offer only the events that the user may choose."""

    request: HttpRequest

    def get_form_kwargs(self) -> dict[str, object]:
        return super().get_form_kwargs() | {"user": self.request.user}


class EndpointCreate(WithUser, generic.CreateView):
    """Leads to the secret, which is shown once."""

    success_message = None

    def get_success_url(self) -> str:
        return reverse("webhooks:secret", args=[self.object.pk])


class EndpointEdit(WithUser, generic.EditView):
    """Leads back to the log, from which the user came."""

    def get_object(self, *args: object) -> WebhookEndpoint:
        endpoint: WebhookEndpoint = super().get_object(*args)
        views.require_its_events(self.request.user, endpoint)
        return endpoint

    def get_success_url(self) -> str:
        return reverse("webhooks:log", args=[self.object.pk])


class DeliveryLog(ModelList):
    """The messages to a webhook, newest first, with buttons for what staff can do."""

    model = WebhookDelivery
    template_name = "cms/webhooks/log.html"
    results_template_name = "cms/webhooks/log_results.html"
    any_permission_required = views.MAY_LOOK
    header_icon = views.ICON
    page_title = gettext_lazy("Log")
    list_filter = ["state"]
    paginate_by = 50
    columns = [
        TitleColumn("event", label=gettext_lazy("What happened"), url_name="webhooks:delivery"),
        Column("about", label=gettext_lazy("About")),
        StatusTagColumn(
            "state",
            label=gettext_lazy("State"),
            accessor="get_state_display",
            primary=lambda row: row.state == WebhookDelivery.State.DELIVERED,
        ),
        Column("attempts", label=gettext_lazy("Attempts")),
        Column("outcome", label=gettext_lazy("Response")),
        DateColumn("created_at", label=gettext_lazy("When")),
    ]

    @cached_property
    def permission_policy(self) -> ModelPermissionPolicy:
        """The webhook's policy: those who may see a webhook may see its log."""
        return policy_registry.get_by_type(WebhookEndpoint)

    def setup(self, request: HttpRequest, *args: object, **kwargs: object) -> None:
        super().setup(request, *args, **kwargs)
        endpoints = WebhookEndpoint.objects.select_related("site")
        self.endpoint = get_object_or_404(endpoints, pk=kwargs["pk"])

    def get_base_queryset(self) -> QuerySet[WebhookDelivery]:
        return self.endpoint.deliveries.all()

    def order_queryset(self, queryset: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        return queryset.order_by("-created_at", "-pk")

    def get_index_url(self) -> str:
        return reverse("webhooks:log", args=[self.endpoint.pk])

    def get_index_results_url(self) -> str:
        return reverse("webhooks:log_results", args=[self.endpoint.pk])

    def get_page_subtitle(self) -> str:
        return str(self.endpoint)

    def get_breadcrumbs_items(self) -> list[dict[str, str]]:
        return views.breadcrumbs({"url": "", "label": str(self.endpoint)})

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        """A button to the form, for users who may change the webhook."""
        if not views.may_change(self.request.user, self.endpoint):
            return []
        return [HeaderButton(_("Edit"), url=reverse("webhooks:edit", args=[self.endpoint.pk]), icon_name="edit")]

    def get_context_data(self, *args: object, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(*args, **kwargs) | views.endpoint_context(self.request, self.endpoint)


class WebhookViewSet(ModelViewSet):
    """The webhooks, under Settings."""

    name = "webhooks"
    model = WebhookEndpoint
    icon = views.ICON
    menu_label = gettext_lazy("Webhooks")
    menu_order = 650
    add_to_settings_menu = True
    add_to_reference_index = False
    copy_view_enabled = False
    index_view_class = EndpointList
    add_view_class = EndpointCreate
    edit_view_class = EndpointEdit
    template_prefix = "cms/webhooks/"
    index_results_template_name = "cms/webhooks/index_results.html"
    index_template_name = "wagtailadmin/generic/index.html"
    create_template_name = "wagtailadmin/generic/create.html"
    edit_template_name = "wagtailadmin/generic/edit.html"
    list_display = [
        TitleColumn("name", label=gettext_lazy("Webhook"), accessor=str, url_name="webhooks:log"),
        Column("host", label=gettext_lazy("Server")),
        Column("site", label=gettext_lazy("Site")),
        StatusTagColumn(
            "is_active",
            label=gettext_lazy("State"),
            accessor="state_label",
            primary=lambda endpoint: endpoint.is_active,
        ),
        DateColumn("arrived_at", label=gettext_lazy("Last delivered")),
    ]

    def get_form_class(self, **_options: bool) -> type[EndpointForm]:
        """Return the same form for new and existing webhooks."""
        return EndpointForm

    def get_permissions_to_register(self) -> QuerySet[Permission]:
        """Let administrators also grant the permission to view the log."""
        return Permission.objects.filter(content_type__app_label="hub_cms", content_type__model="webhookendpoint")

    def get_urlpatterns(self) -> list[URLPattern]:
        """Return the URLs of the list and the form, and those of the log and its buttons."""
        return [
            *super().get_urlpatterns(),
            path("log/<int:pk>/", DeliveryLog.as_view(), name="log"),
            path("log-results/<int:pk>/", DeliveryLog.as_view(results_only=True), name="log_results"),
            path("delivery/<int:pk>/", views.delivery, name="delivery"),
            path("send-again/<int:pk>/", views.send_again, name="send_again"),
            path("test/<int:pk>/", views.send_test, name="test"),
            path("switch/<int:pk>/", views.switch, name="switch"),
            path("rotate/<int:pk>/", views.rotate, name="rotate"),
            path("secret/<int:pk>/", views.secret, name="secret"),
        ]
