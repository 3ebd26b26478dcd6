"""The newsletter's hooks into the Wagtail admin: menu, buttons, the audit log, and the protection of sent issues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLResolver, include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.action_menu import ActionMenuItem
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.models import Page
from wagtail.permissions import register_permission_policy
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSetGroup

from newsletters import admin_urls, log_actions
from newsletters.audience.api_keys.viewset import ApiKeyViewSet
from newsletters.audience.own_fields.viewset import OwnFieldViewSet
from newsletters.audience.views.sign_ups import SignUpPolicy
from newsletters.audience.views.subscriptions import SubscriptionPolicy
from newsletters.audience.viewset import ReaderViewSet, SegmentViewSet, SignUpViewSet
from newsletters.issues import protection
from newsletters.issues.checking.tasks import check_links_soon
from newsletters.issues.use_in_issues import (
    say_what_expires_too_early,
    say_what_followers_lose,
    say_what_readers_lose,
    say_which_issues_use,
)
from newsletters.issues.viewset import IssueViewSet
from newsletters.models import IssuePage, SignUp, Subscription
from newsletters.publications.permissions import may, may_see_counts
from newsletters.publications.viewset import NewsletterViewSet


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[URLResolver]:
    """Add the newsletter's pages to the admin."""
    return [path("newsletters/", include(admin_urls))]


@hooks.register("register_permissions")
def register_permissions() -> QuerySet[Permission]:
    """Offer the rights to approve and send, to readers' data, and to own fields in groups' settings."""
    return Permission.objects.filter(
        content_type__app_label="hub_newsletters",
        codename__in=[
            "approve_issuepage",
            "send_issuepage",
            "view_subscription",
            "add_subscription",
            "change_subscription",
            "import_subscription",
            "export_subscription",
            "delete_subscriber",
            "add_ownfield",
            "change_ownfield",
            "delete_ownfield",
        ],
    )


class NewsletterGroup(SnippetViewSetGroup):
    """Newsletters, readers, segments, sign-ups and own fields, in the menu."""

    items = (NewsletterViewSet, ReaderViewSet, SegmentViewSet, SignUpViewSet, OwnFieldViewSet)
    menu_label = gettext_lazy("Subscribers")
    menu_icon = "group"
    menu_order = 310


register_permission_policy(Subscription, SubscriptionPolicy(Subscription))
register_permission_policy(SignUp, SignUpPolicy(SignUp))
register_snippet(NewsletterGroup)


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def check_links_after_a_save(_request: HttpRequest, page: Page) -> None:
    """Check in the background whether the pages that the issue links to exist."""
    if isinstance(page, IssuePage):
        check_links_soon(page)


@hooks.register("register_admin_viewset")
def register_api_keys() -> ApiKeyViewSet:
    """Add the keys for other systems under Settings."""
    return ApiKeyViewSet()


@hooks.register("register_admin_viewset")
def register_issue_viewset() -> IssueViewSet:
    """Add the panel of checks to an issue's editor."""
    return IssueViewSet()


hooks.register("hub_before_confirmation", say_which_issues_use)
hooks.register("hub_before_confirmation", say_what_readers_lose)
hooks.register("hub_before_confirmation", say_what_followers_lose)
hooks.register("after_edit_page", say_what_expires_too_early)
hooks.register("before_edit_page", protection.keep_sent_issue)
hooks.register("before_edit_page", protection.say_what_a_change_does)
hooks.register("before_delete_page", protection.keep_sent_issues)
hooks.register("before_move_page", protection.keep_sent_issue_in_its_newsletter)
hooks.register("before_publish_page", protection.send_instead_of_publishing)
hooks.register("before_delete_user", protection.keep_approvers)
hooks.register("before_bulk_action", protection.keep_among_others)


class OverviewMenuItem(MenuItem):
    """The menu item, shown to those who may write, approve or send an issue."""

    def is_shown(self, request: HttpRequest) -> bool:
        user = request.user
        return user.has_perm("hub_newsletters.add_issuepage") or may(user, "approve") or may(user, "send")


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    """Add the newsletter to the menu, next to the pages."""
    return OverviewMenuItem(
        gettext_lazy("Newsletter"), reverse("newsletters_admin:overview"), icon_name="mail", order=150
    )


class CountsReport(MenuItem):
    """A report, shown to those who may see how many readers there are."""

    def is_shown(self, request: HttpRequest) -> bool:
        return may_see_counts(request.user)


@hooks.register("register_reports_menu_item")
def register_privacy_report() -> MenuItem:
    """Add what is kept about readers to the reports."""
    address = reverse("newsletters_admin:privacy")
    return CountsReport(gettext_lazy("Personal data"), address, icon_name="lock", order=900)


@hooks.register("register_page_header_buttons")
def issue_buttons(page: Page, **_kwargs: object) -> Iterator[Button]:
    """Add a button that leads from an issue's editor to its review."""
    if isinstance(getattr(page, "specific_deferred", page), IssuePage) and page.pk:
        yield Button(
            _("Review and send"),
            url=reverse("newsletters_admin:review", args=[page.pk]),
            icon_name="mail",
            priority=5,
        )


class ReviewMenuItem(ActionMenuItem):
    """A link to the review; Wagtail's own button would approve an issue that nobody may have looked at."""

    name = "action-review"
    label = gettext_lazy("Review and approve")
    icon_name = "success"

    def get_url(self, parent_context: Mapping[str, Any]) -> str:
        return reverse("newsletters_admin:review", args=[parent_context["page"].pk])


@hooks.register("construct_page_action_menu")
def no_publishing_by_hand(
    menu_items: list[ActionMenuItem], _request: HttpRequest, context: Mapping[str, object]
) -> None:
    """Offer neither to publish nor to approve in the editor: an issue is approved in review, and public once sent."""
    model = type(context["page"]) if context.get("page") else None
    if model is IssuePage:
        kept = [item for item in menu_items if item.name not in {"action-publish", "action-unpublish"}]
        menu_items[:] = [ReviewMenuItem(item.order) if item.name == "approve" else item for item in kept]


hooks.register("register_log_actions", log_actions.register)
