"""Subscriptions for staff: list them, look at one, invite somebody, end a subscription.

Staff cannot edit a subscription: only the subscribers themselves decide what they agree to.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from wagtail.admin.views.generic import InspectView
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.permission_policies import ModelPermissionPolicy

from cms.admin.listings import ModelList
from newsletters.audience.actions.end_subscription import end_subscription
from newsletters.audience.actions.invite import invite as invite_somebody
from newsletters.audience.actions.set_aside import restore as restore_subscription
from newsletters.audience.forms import InvitationForm, RestoreForm
from newsletters.audience.tasks import start_answer
from newsletters.audience.views.exporting import may_export
from newsletters.audience.views.importing import may_import
from newsletters.audience.views.people import may_erase
from newsletters.exceptions import NotInvited
from newsletters.models import Subscription
from newsletters.publications.permissions import may, may_see_subscribers
from newsletters.publications.views.frame import render_page

MOST_DELIVERIES = 50  # the latest deliveries of a person


class SubscriptionPolicy(ModelPermissionPolicy):
    """`add` allows inviting, `change` allows ending; nobody gets Wagtail's forms to edit or delete a subscription."""

    def user_has_permission(self, user: User | AnonymousUser, action: str) -> bool:
        if action == "view":
            return may_see_subscribers(user)
        return action == "add" and super().user_has_permission(user, action)


def may_end(user: User | AnonymousUser) -> bool:
    """Say whether this user may end subscriptions."""
    return bool(user.has_perm("hub_newsletters.change_subscription"))


def _subscriptions() -> QuerySet[Subscription]:
    """Return all subscriptions, with what their pages show."""
    related = ("subscriber", "newsletter", "locale", "theme_set")
    return Subscription.objects.select_related(*related).prefetch_related("theme_set__themes__names__locale")


class SubscriptionList(ModelList):
    """Lists the subscriptions; each row leads to its page."""

    any_permission_required = ["view"]  # whoever may only invite sees no subscribers
    add_item_label = gettext_lazy("Invite somebody")

    def get_base_queryset(self) -> QuerySet[Subscription]:
        return _subscriptions()

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        buttons = list(super().header_more_buttons)
        if may_import(self.request.user):
            buttons.append(Button(_("Import readers"), url=reverse("newsletters_admin:imports"), icon_name="upload"))
        if may_export(self.request.user):
            buttons.append(Button(_("Export readers"), url=reverse("newsletters_admin:export"), icon_name="download"))
        return buttons


class SubscriptionPage(InspectView):
    """Shows what one person chose, when and how they agreed, and what they were sent."""

    any_permission_required = ["view"]
    page_title = gettext_lazy("Subscription")

    def get_object(self, _queryset: object = None) -> Subscription:
        return get_object_or_404(_subscriptions(), pk=self.pk)

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        user, reader = self.request.user, self.object.subscriber_id
        buttons = []
        if may_end(user) and self.object.status in Subscription.SET_ASIDE:
            url = reverse("newsletters_admin:restore", args=[self.object.pk])
            buttons.append(HeaderButton(_("Send to them again"), url=url, icon_name="rotate"))
        if may_end(user) and self.object.status != Subscription.Status.ENDED:
            url = reverse("newsletters_admin:end_subscription", args=[self.object.pk])
            buttons.append(HeaderButton(_("End the subscription"), url=url, icon_name="cross"))
        if may_erase(user):
            url = reverse("newsletters_admin:erase_subscriber", args=[reader])
            buttons.append(HeaderButton(_("Erase this person"), url=url, icon_name="bin"))
        return buttons

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        deliveries = self.object.deliveries.select_related("issue").order_by("-pk")[:MOST_DELIVERIES]
        events = self.object.consent_events.select_related("user")
        user = self.request.user
        may_see = user.has_perm("hub_newsletters.add_issuepage") or may(user, "approve") or may(user, "send")
        found = {"deliveries": deliveries, "events": events, "may_see_sendings": may_see}
        return super().get_context_data(**kwargs) | found


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
    page = reverse("subscriptions:inspect", args=[subscription.pk])
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
    page = reverse("subscriptions:inspect", args=[subscription.pk])
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
