"""Who sees which translations: a page's only if the user may edit or publish the page in some language."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.menu import MenuItem
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry
from wagtail.snippets.models import get_editable_models
from wagtail_localize.models import Translation
from wagtail_localize.views.report import TranslationsReportView

RIGHTS = ["change", "publish"]


class TranslationsReport(TranslationsReportView):
    """wagtail-localize's list of translations, limited to those that the user may work on."""

    any_permission_required = RIGHTS

    @property
    def permission_policy(self) -> PagePermissionPolicy:
        """The policy of pages: users who may edit or publish none of them get no report."""
        return policy_registry.get_by_type(Page)

    def get_queryset(self) -> QuerySet[Translation]:
        """Return the translations of the user's pages, and of the snippets that the user may edit, newest first."""
        user = self.request.user
        pages = _pages_of(user).filter(translation_key=OuterRef("source__object_id"))
        snippets = ContentType.objects.get_for_models(*get_editable_models(user)).values()
        found: QuerySet[Translation] = super().get_queryset()
        is_for_user = Exists(pages) | Q(source__specific_content_type__in=snippets)
        return found.filter(is_for_user).order_by("-created_at", "-pk")


def require_page_with(key: UUID, *, user: AbstractBaseUser | AnonymousUser) -> None:
    """Raise PermissionDenied unless the user may edit or publish the page with this key in one of its languages."""
    if not _pages_of(user).filter(translation_key=key).exists():
        raise PermissionDenied


def _pages_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Page]:
    pages: QuerySet[Page] = policy_registry.get_by_type(Page).instances_user_has_any_permission_for(user, RIGHTS)
    return pages


def keep_from_others(request: HttpRequest, menu_items: list[MenuItem]) -> None:
    """Hide the report in the menu from users who may not open it."""
    if not policy_registry.get_by_type(Page).user_has_any_permission(request.user, RIGHTS):
        report = reverse("wagtail_localize:translations_report")
        menu_items[:] = [item for item in menu_items if item.url != report]
