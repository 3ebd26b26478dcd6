"""One reader, for staff: what they chose, agreed to and got, and what staff do because the reader asked."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin.widgets.button import HeaderButton

from newsletters.audience.forms import PauseForm
from newsletters.audience.reader_forms import AnswersForm, NoteForm, RenameForm, StaffChoicesForm
from newsletters.audience.staff_actions.change_answers import change_answers
from newsletters.audience.staff_actions.change_for_reader import change_for_reader
from newsletters.audience.staff_actions.delete_note import delete_note
from newsletters.audience.staff_actions.note_viewing import note_reader_viewed
from newsletters.audience.staff_actions.pause_for_reader import pause_for_reader
from newsletters.audience.staff_actions.rename_subscriber import rename_subscriber
from newsletters.audience.staff_actions.suppress_subscriber import suppress_subscriber
from newsletters.audience.staff_actions.write_note import write_note
from newsletters.audience.views.people import may_erase
from newsletters.audience.views.subscriptions import may_end
from newsletters.models import ConsentEvent, Delivery, SignUp, Subscriber, Subscription, Suppression
from newsletters.publications.permissions import may, may_see_subscribers
from newsletters.publications.views.frame import render_page
from newsletters.values.path_keys import is_key

MOST_DELIVERIES = 50  # the latest of a reader
MOST_EVENTS = 200


@require_http_methods(["GET", "HEAD", "POST"])
def reader(request: HttpRequest, subscriber_pk: int) -> HttpResponse:
    """Show the reader; a POST does what its button says."""
    if not may_see_subscribers(request.user):
        raise PermissionDenied
    subscriber = get_object_or_404(Subscriber, pk=subscriber_pk)
    note_reader_viewed(subscriber, user=request.user, now=timezone.now())
    act = request.POST.get("do", "")
    name_form = RenameForm(request.POST if act == "name" else {"first_name": subscriber.first_name})
    pause_form = PauseForm(request.POST if act == "pause" else None, today=timezone.localdate())
    note_form = NoteForm(request.POST if act == "note" else None)
    answers_form = AnswersForm(request.POST if act == "answers" else None, subscriber=subscriber)
    if request.method == "POST" and _do(
        request, subscriber, act, forms=(name_form, pause_form, note_form, answers_form)
    ):
        return redirect("newsletters_admin:reader", subscriber.pk)
    return render_page(
        request,
        "audience/reader",
        title=_("Reader"),
        subtitle=str(subscriber),
        icon="user",
        subscriber=subscriber,
        name_form=name_form,
        pause_form=pause_form,
        note_form=note_form,
        answers_form=answers_form,
        answers=answers_form.kept_in_words(),
        header_buttons=list(_buttons(request, subscriber)),
        may_change=may_end(request.user),
        **_shown(request, subscriber),
    )


def _do(
    request: HttpRequest,
    subscriber: Subscriber,
    act: str,
    *,
    forms: tuple[RenameForm, PauseForm, NoteForm, AnswersForm],
) -> bool:
    """Do what the button says; return False if what was filled in has to be mended first."""
    name_form, pause_form, note_form, answers_form = forms
    user, now = request.user, timezone.now()
    if act == "name" and name_form.is_valid():
        rename_subscriber(subscriber, first_name=name_form.cleaned_data["first_name"], user=user, now=now)
    elif act == "answers" and answers_form.is_valid():
        change_answers(subscriber, answers=answers_form.own_values(), user=user, now=now)
    elif act == "pause" and pause_form.is_valid():
        pause_for_reader(subscriber, until=pause_form.cleaned_data["until"], user=user, now=now)
    elif act == "go on":
        pause_for_reader(subscriber, until=None, user=user, now=now)
    elif act == "note" and note_form.is_valid():
        write_note(subscriber, text=note_form.cleaned_data["text"], user=user, now=now)
    elif act == "delete note" and is_key(key := request.POST.get("note", "")):
        delete_note(get_object_or_404(subscriber.notes, pk=key), user=user)
    else:
        return False
    messages.success(request, _("Saved."))
    return True


def _shown(request: HttpRequest, subscriber: Subscriber) -> dict[str, object]:
    related = subscriber.subscriptions.select_related("newsletter", "locale", "theme_set")
    subscriptions = list(related.prefetch_related("theme_set__themes__names__locale").order_by("newsletter__name"))
    active = [each for each in subscriptions if each.status == Subscription.Status.ACTIVE]
    events = ConsentEvent.objects.filter(subscription__in=subscriptions)
    deliveries = Delivery.objects.filter(subscription__in=subscriptions)
    user = request.user
    return {
        "subscriptions": subscriptions,
        "has_active": bool(active),
        "paused_until": max((each.paused_until for each in active if each.paused_until), default=None),
        "events": events.select_related("user", "api_key", "subscription__newsletter")[:MOST_EVENTS],
        "deliveries": deliveries.select_related("issue").order_by("-pk")[:MOST_DELIVERIES],
        "most_events": MOST_EVENTS,
        "most_deliveries": MOST_DELIVERIES,
        "notes": subscriber.notes.select_related("user"),
        "waiting": SignUp.objects.filter(
            mailbox=subscriber.mailbox, status=SignUp.Status.WAITING, kind=SignUp.Kind.SUBSCRIPTION
        ).select_related("newsletter"),
        "suppression": Suppression.objects.of(subscriber.email).first(),
        "may_see_sendings": user.has_perm("hub_newsletters.add_issuepage") or may(user, "approve") or may(user, "send"),
    }


def _buttons(request: HttpRequest, subscriber: Subscriber) -> Iterator[HeaderButton]:
    if may_end(request.user):
        url = reverse("newsletters_admin:suppress", args=[subscriber.pk])
        yield HeaderButton(_("Never mail them again"), url=url, icon_name="cross")
    if may_erase(request.user):
        url = reverse("newsletters_admin:erase_subscriber", args=[subscriber.pk])
        yield HeaderButton(_("Erase this person"), url=url, icon_name="bin")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, subscription_pk: int) -> HttpResponse:
    """Change the language and the themes of a subscription, and say why."""
    if not may_end(request.user):
        raise PermissionDenied
    related = Subscription.objects.select_related("subscriber", "newsletter", "locale", "theme_set")
    subscription = get_object_or_404(related, pk=subscription_pk)
    note_reader_viewed(subscription.subscriber, user=request.user, now=timezone.now())
    chosen = {"language": subscription.locale.language_code, "themes": list(subscription.theme_set.themes.all())}
    form = StaffChoicesForm(request.POST or None, newsletter=subscription.newsletter, initial=chosen)
    if request.method == "POST" and form.is_valid():
        is_changed = change_for_reader(
            subscription,
            locale=form.locale,
            themes=form.cleaned_data["themes"],
            ground=form.cleaned_data["ground"],
            user=request.user,
            now=timezone.now(),
        )
        if is_changed:
            messages.success(request, _("Saved: it counts from the next issue on."))
        else:
            messages.warning(request, _("The subscription has ended; nothing was changed."))
        return redirect("newsletters_admin:reader", subscription.subscriber_id)
    return render_page(
        request,
        "audience/change",
        title=_("Change language and themes"),
        subtitle=str(subscription.subscriber),
        icon="edit",
        subscription=subscription,
        form=form,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def suppress(request: HttpRequest, subscriber_pk: int) -> HttpResponse:
    """Ask for confirmation; a POST ends everything and puts the mailbox on the suppression list."""
    if not may_end(request.user):
        raise PermissionDenied
    subscriber = get_object_or_404(Subscriber, pk=subscriber_pk)
    note_reader_viewed(subscriber, user=request.user, now=timezone.now())
    if request.method == "POST":
        suppress_subscriber(subscriber, user=request.user, now=timezone.now())
        messages.success(request, _("This address is never mailed again, unless its owner subscribes and confirms."))
        return redirect("newsletters_admin:reader", subscriber.pk)
    return render_page(
        request,
        "audience/suppress",
        title=_("Never mail them again"),
        subtitle=str(subscriber),
        icon="cross",
        subscriber=subscriber,
    )
