"""Subscriptions for staff: invite somebody, end a subscription, bring one back that was set aside."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.permission_policies import ModelPermissionPolicy

from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.actions.invite import invite as invite_somebody
from newsletters.audience.actions.set_aside import restore as restore_subscription
from newsletters.audience.forms import InvitationForm, RestoreForm
from newsletters.audience.staff_actions.note_viewing import note_reader_viewed
from newsletters.audience.tasks import start_answer
from newsletters.exceptions import NotInvited
from newsletters.models import Subscription
from newsletters.publications.permissions import may_see_subscribers
from newsletters.publications.views.frame import render_page


class SubscriptionPolicy(ModelPermissionPolicy):
    """`add` allows inviting, `change` allows ending; nobody gets Wagtail's forms to edit or delete a subscription."""

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        if action == "view":
            return may_see_subscribers(user)
        return action == "add" and super().user_has_permission(user, action)


def may_end(user: User | AnonymousUser) -> bool:
    """Say whether this user may end subscriptions."""
    return bool(user.has_perm("hub_newsletters.change_subscription"))


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Ask somebody by mail to subscribe; they are subscribed once they confirm."""
    if not request.user.has_perm("hub_newsletters.add_subscription"):
        raise PermissionDenied
    form, may_look = InvitationForm(request.POST or None), may_see_subscribers(request.user)
    if request.method == "POST" and form.is_valid():
        try:
            sign_up = invite_somebody(**form.choices(), user=request.user, now=timezone.now())
        except NotInvited:
            form.add_error("email", _("They are subscribed, were asked today, or left: then only they can subscribe."))
        else:
            start_answer(sign_up, now=timezone.now())
            address = {"address": form.cleaned_data["email"]}
            messages.success(request, _("%(address)s will get a mail that asks them to confirm.") % address)
            return redirect("subscriptions:index" if may_look else "subscriptions:add")
    return render_page(
        request, "audience/invite", title=_("Invite somebody"), icon="group", form=form, may_look=may_look
    )


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, subscription_pk: int) -> HttpResponse:
    """Ask for confirmation; a POST ends the subscription of somebody who asked by telephone or mail."""
    if not may_end(request.user):
        raise PermissionDenied
    subscription = get_object_or_404(Subscription.objects.select_related("subscriber"), pk=subscription_pk)
    note_reader_viewed(subscription.subscriber, user=request.user, now=timezone.now())
    page = reverse("newsletters_admin:reader", args=[subscription.subscriber_id])
    if request.method == "POST":
        end_subscription(subscription, user=request.user, now=timezone.now())
        messages.success(request, _("The subscription has ended."))
        return redirect(page)
    return render_page(
        request,
        "audience/end_subscription",
        title=_("End the subscription"),
        subtitle=str(subscription.subscriber),
        icon="group",
        subscription=subscription,
        page=page,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: HttpRequest, subscription_pk: int) -> HttpResponse:
    """Ask why; a POST makes a subscription that was set aside active again."""
    if not may_end(request.user):
        raise PermissionDenied
    related = Subscription.objects.select_related("subscriber", "locale", "theme_set", "newsletter")
    subscription = get_object_or_404(related, pk=subscription_pk)
    note_reader_viewed(subscription.subscriber, user=request.user, now=timezone.now())
    page = reverse("newsletters_admin:reader", args=[subscription.subscriber_id])
    form = RestoreForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note = form.cleaned_data["note"]
        if restore_subscription(subscription, user=request.user, note=note, now=timezone.now()):
            messages.success(request, _("They get the next issue again."))
        else:
            messages.warning(request, _("The subscription was not set aside; nothing was changed."))
        return redirect(page)
    return render_page(
        request,
        "audience/restore",
        title=_("Send to them again"),
        subtitle=str(subscription.subscriber),
        icon="rotate",
        form=form,
        subscription=subscription,
        page=page,
    )
