"""Where the newsletter hooks into the Wagtail admin: menu, buttons, the audit log, and what protects a sent issue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import include, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.widgets.button import Button
from wagtail.log_actions import LogFormatter
from wagtail.models import Page
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from newsletters import admin_urls
from newsletters.models import Approval, Dispatch, IssuePage, Newsletter, Subscription
from newsletters.queries import current_dispatch


@hooks.register("register_admin_urls")
def register_admin_urls() -> list[Any]:
    """Mount the newsletter's pages."""
    return [path("newsletters/", include(admin_urls))]


@hooks.register("register_permissions")
def register_permissions() -> Any:
    """Let administrators give the rights to approve and to send, in the settings of groups."""
    return Permission.objects.filter(
        content_type__app_label="hub_newsletters", codename__in=["approve_issuepage", "send_issuepage"]
    )


class NewsletterViewSet(SnippetViewSet):
    model = Newsletter
    icon = "mail"
    list_display = ["name", "sender_name", "sender_email"]
    search_fields = ["name"]


class SubscriptionViewSet(SnippetViewSet):
    """Who subscribed to what; people change their own choices, staff look and end."""

    model = Subscription
    icon = "group"
    menu_label = gettext_lazy("Subscriptions")
    list_display = ["subscriber", "newsletter", "locale", "theme_set", "status", "status_changed_at"]
    list_filter = ["newsletter", "locale", "status"]
    search_fields = ["subscriber__email", "subscriber__first_name"]
    inspect_view_enabled = True
    list_per_page = 50


class NewsletterGroup(SnippetViewSetGroup):
    items = (NewsletterViewSet, SubscriptionViewSet)
    menu_label = gettext_lazy("Subscribers")
    menu_icon = "group"
    menu_order = 310


register_snippet(NewsletterGroup)


class OverviewMenuItem(MenuItem):
    """Shown to whoever may write, approve or send an issue."""

    def is_shown(self, request: HttpRequest) -> bool:
        return any(request.user.has_perm(f"hub_newsletters.{verb}_issuepage") for verb in ("add", "approve", "send"))


@hooks.register("register_admin_menu_item")
def register_menu_item() -> MenuItem:
    """Put the newsletter beside the pages."""
    return OverviewMenuItem(
        gettext_lazy("Newsletter"), reverse("newsletters_admin:overview"), icon_name="mail", order=150
    )


@hooks.register("register_page_header_buttons")
def issue_buttons(page: Any, user: Any, view_name: str, next_url: str | None = None) -> Iterator[Button]:
    """Lead from an issue's editor to its review."""
    if isinstance(getattr(page, "specific_deferred", page), IssuePage) and page.pk:
        yield Button(
            _("Review and send"),
            url=reverse("newsletters_admin:review", args=[page.pk]),
            icon_name="mail",
            priority=5,
        )


@hooks.register("construct_page_action_menu")
def no_publishing_by_hand(menu_items: list[Any], request: HttpRequest, context: dict[str, Any]) -> None:
    """An issue becomes public by being sent, so the editor offers to save it, not to publish it."""
    model = type(context["page"]) if context.get("page") else None
    if model is IssuePage:
        menu_items[:] = [item for item in menu_items if item.name not in {"action-publish", "action-unpublish"}]


@hooks.register("before_edit_page")
def keep_sent_issue(request: HttpRequest, page: Any) -> HttpResponse | None:
    """Nothing that was sent is edited: show how its sending stands instead."""
    if isinstance(page, IssuePage) and (dispatch := current_dispatch(page)):
        messages.info(request, _("This issue was sent, so it can no longer be changed."))
        return redirect("newsletters_admin:dispatch", dispatch.pk)
    return None


@hooks.register("before_delete_page")
def keep_sent_issues(request: HttpRequest, page: Any) -> HttpResponse | None:
    """An issue with a dispatch is the record of who got what; neither it nor a page above it can be deleted."""
    if Dispatch.objects.filter(issue__path__startswith=page.path).exists():
        messages.error(request, _("An issue that was sent cannot be deleted: it is the record of who got what."))
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


@hooks.register("before_move_page")
def keep_sent_issue_in_its_newsletter(request: HttpRequest, page: Any, destination: Any) -> HttpResponse | None:
    """Say why a sent issue does not go elsewhere; `IssuePage.can_move_to` is what forbids it, also in a list."""
    if isinstance(page, IssuePage) and page.is_sent and not page.can_move_to(destination):
        messages.error(request, _("An issue that was sent stays in its newsletter."))
        return redirect("wagtailadmin_explore", page.get_parent().pk)
    return None


@hooks.register("before_publish_page")
def send_instead_of_publishing(request: HttpRequest, page: Any) -> HttpResponse | None:
    """An issue becomes public by being sent; `IssuePage.save` sees to it."""
    if isinstance(page, IssuePage) and not page.is_sent:
        messages.info(request, _("Saved. An issue becomes public when it is sent."))
        return redirect("newsletters_admin:review", page.pk)
    return None


@hooks.register("before_delete_user")
def keep_approvers(request: HttpRequest, user: Any) -> HttpResponse | None:
    """Who approved what is kept with their account."""
    if not Approval.objects.filter(approved_by=user).exists():
        return None
    words = _("%(user)s approved an issue, and that is kept. Make the account inactive instead of deleting it.")
    messages.error(request, words % {"user": user})
    return redirect("wagtailusers_users:edit", user.pk)


@hooks.register("before_bulk_action")
def keep_among_others(
    request: HttpRequest, action_type: str, objects: list[Any], action_class_instance: Any
) -> HttpResponse | None:
    """The same for what is ticked in a list: pages and accounts that are deleted, issues that are published."""
    rules = {
        "delete": [(Page, keep_sent_issues), (get_user_model(), keep_approvers)],
        "publish": [(Page, lambda request, page: send_instead_of_publishing(request, page.specific))],
    }
    answers = (
        rule(request, one) for model, rule in rules.get(action_type, []) for one in objects if isinstance(one, model)
    )
    return next((answer for answer in answers if answer), None)


@hooks.register("register_log_actions")
def register_log_actions(actions: Any) -> None:
    """Name the newsletter's steps in Wagtail's audit log."""

    @actions.register_action("hub_newsletters.approve")
    class ApproveFormatter(LogFormatter):
        label = gettext_lazy("Approve")

        def format_message(self, log_entry: Any) -> str:
            return _("Approved for sending")

    @actions.register_action("hub_newsletters.send")
    class SendFormatter(LogFormatter):
        label = gettext_lazy("Send")

        def format_message(self, log_entry: Any) -> str:
            return _("Sending started")
