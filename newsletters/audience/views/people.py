"""One person, for staff: the proof of what they agreed to as a file, erasing them, and whether they may be mailed."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.log_actions import log

from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.personal_data import in_words, personal_data_of
from newsletters.audience.reader_forms import AddressForm
from newsletters.audience.staff_actions.note_viewing import note_list_viewed, note_reader_viewed
from newsletters.models import Subscriber, Suppression
from newsletters.publications.permissions import may_see_subscribers
from newsletters.publications.views.frame import render_page


def may_erase(user: User | AnonymousUser) -> bool:
    """Say whether this user may erase people."""
    return bool(user.has_perm("hub_newsletters.delete_subscriber"))


@require_http_methods(["GET", "HEAD"])
def proof(request: HttpRequest, subscriber_pk: int, form: str) -> HttpResponse:
    """Return all that is kept about a person, as JSON or as a page to print; the audit log notes who took it out."""
    if not may_see_subscribers(request.user):
        raise PermissionDenied
    subscriber = get_object_or_404(Subscriber, pk=subscriber_pk)
    data = personal_data_of(subscriber, names_staff=True, now=timezone.now())
    if request.method == "GET":
        log(subscriber, "hub_newsletters.take_out", user=request.user, title=f"{subscriber.pk}")
    if form == "json":
        response: HttpResponse = JsonResponse(asdict(data), json_dumps_params={"indent": 2, "ensure_ascii": False})
    else:
        context = {"data": in_words(data), "language": translation.get_language()}
        response = render(request, "newsletters/proof.html", context)
    response["Content-Disposition"] = f'attachment; filename="subscriber-{subscriber.pk}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, subscriber_pk: int) -> HttpResponse:
    """Ask for confirmation; a POST erases the person everywhere."""
    if not may_erase(request.user) or not may_see_subscribers(request.user):
        raise PermissionDenied
    subscriber = get_object_or_404(Subscriber, pk=subscriber_pk)
    note_reader_viewed(subscriber, user=request.user, now=timezone.now())
    if request.method == "POST":
        erase_subscriber(subscriber, user=request.user, now=timezone.now())
        messages.success(request, _("The person has been erased."))
        return redirect("subscriptions:index")
    subscriptions = subscriber.subscriptions.select_related("newsletter").order_by("newsletter__name")
    return render_page(
        request,
        "audience/erase",
        title=_("Erase this person"),
        subtitle=str(subscriber),
        icon="bin",
        subscriber=subscriber,
        subscriptions=subscriptions,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def suppressed(request: HttpRequest) -> HttpResponse:
    """Ask for an address; a POST, which changes nothing, says whether it is on the suppression list, and who has it.

    An address in the address line would end up in the logs of servers.
    """
    if not may_see_subscribers(request.user):
        raise PermissionDenied
    form = AddressForm(request.POST or None)
    email = form.cleaned_data["email"] if request.method == "POST" and form.is_valid() else ""
    if email:
        note_list_viewed("suppressed", user=request.user, now=timezone.now())
    return render_page(
        request,
        "audience/suppressed",
        title=_("Is an address suppressed?"),
        icon="lock",
        form=form,
        email=email,
        suppression=Suppression.objects.of(email).first() if email else None,
        subscriber=Subscriber.objects.at(email).first() if email else None,
    )
