"""Pages about the deliveries of a dispatch: all of them, the uncertain ones, and whom the dispatch did not reach."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from newsletters.audience.staff_actions.note_viewing import note_list_viewed
from newsletters.exceptions import BrokenSegment, NewsletterError
from newsletters.models import Delivery, Dispatch, Subscriber
from newsletters.publications.permissions import may, require_readers
from newsletters.publications.views.frame import render_page
from newsletters.results.actions.follow_dispatch import follow_dispatch
from newsletters.results.actions.resolve_uncertain import resolve_uncertain
from newsletters.results.unreached import count_unreached, in_other_languages
from newsletters.results.views.dispatches import get_dispatch_to_steer, get_dispatch_to_view
from newsletters.sending.ledger.status import LedgerStatus, ledger_status
from newsletters.sending.tasks import start_workers
from newsletters.values.path_keys import is_key

PER_PAGE = 50
MOST_FOUND = 200  # people whose address contains what was searched for
Status = Delivery.Status


@require_GET
def deliveries(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """List the deliveries, fifty a page: `?state=` narrows them to a state, `?q=` to addresses with these letters."""
    current = get_dispatch_to_view(request, dispatch_pk)
    require_readers(request)
    note_list_viewed("deliveries", user=request.user, now=timezone.now())
    state, words = (request.GET.get(name, "").replace("\x00", "").strip()[:254] for name in ("state", "q"))
    status = ledger_status(current)
    page = _Pages(_deliveries(current, state=state, words=words), PER_PAGE)
    page.known = _known_count(status, state=state) if not words else None
    return render_page(
        request,
        "results/deliveries",
        title=_("Deliveries"),
        subtitle=current.issue.title,
        icon="mail",
        dispatch=current,
        page=page.get_page(request.GET.get("p")),
        state=state,
        states=_choices(status),
        words=words,
        may_send=may(request.user, "send", current.newsletter),
    )


class _Pages(Paginator):
    """A paginator whose total may be known from the ledger, so that a million rows need not be counted again."""

    known: int | None = None

    @property
    def count(self) -> int:
        return self.known if self.known is not None else int(super().count)


def _deliveries(current: Dispatch, *, state: str, words: str) -> QuerySet[Delivery]:
    found = current.deliveries.select_related("subscription__subscriber").order_by("pk")
    status, _dot, reason = state.partition(".")
    if status:
        found = found.filter(status=status, reason=reason).order_by("pk")
    if words:
        found = found.filter(subscription__subscriber__in=_people(words))
    return found


def _people(words: str) -> list[int]:
    """Return who has this address, by an index; if nobody has, some of those whose address contains these letters."""
    found = list(Subscriber.objects.at(words).values_list("pk", flat=True))
    holding = Subscriber.objects.filter(email__icontains=words).order_by()
    return found or list(holding.values_list("pk", flat=True)[:MOST_FOUND])


def _known_count(status: LedgerStatus, *, state: str) -> int:
    name, _dot, reason = state.partition(".")
    if reason:
        return int(status.excluded.get(reason, 0))
    return int(status.counts.get(name, 0)) if name else sum(status.counts.values())


def _choices(status: LedgerStatus) -> list[tuple[str, str, int]]:
    reasons = dict(Delivery.Reason.choices)
    states = [(state.value, str(state.label), status.counts[state]) for state in Status if state != Status.EXCLUDED]
    excluded = [
        (f"{Status.EXCLUDED}.{reason}", f"{Status.EXCLUDED.label}: {reasons[reason]}", count)
        for reason, count in sorted(status.excluded.items())
    ]
    return [choice for choice in states + excluded if choice[2]]


@require_http_methods(["GET", "HEAD", "POST"])
def uncertain(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """List the uncertain deliveries; a POST resolves one (`key`) or all of them: `went_out` is yes or no."""
    current = get_dispatch_to_steer(request, dispatch_pk)
    if request.method == "POST":
        return _resolve(request, current)
    note_list_viewed("deliveries", user=request.user, now=timezone.now())
    rows = current.deliveries.filter(status=Status.UNCERTAIN).select_related("subscription__subscriber")
    return render_page(
        request,
        "results/uncertain",
        title=_("Uncertain mails"),
        subtitle=current.issue.title,
        icon="warning",
        dispatch=current,
        is_worker_gone=rows.exclude(worker_seen_at=None).exists(),
        page=Paginator(rows.order_by("pk"), PER_PAGE).get_page(request.GET.get("p")),
    )


def _resolve(request: HttpRequest, current: Dispatch) -> HttpResponse:
    key, went_out = request.POST.get("key", ""), request.POST.get("went_out")
    if went_out not in {"yes", "no"} or not (key == "all" or is_key(key)):
        return HttpResponse(status=400)
    count = resolve_uncertain(
        current,
        key=None if key == "all" else int(key),
        went_out=went_out == "yes",
        user=request.user,
        now=timezone.now(),
    )
    if not count:
        messages.warning(
            request,
            _("Nothing was changed: it is no longer uncertain, or another sending of this issue has to end first."),
        )
    elif went_out == "yes":
        words = ngettext("One mail counts as sent.", "%(count)s mails count as sent.", count)
        messages.success(request, words % {"count": count})
    else:
        words = ngettext("One mail is sent again.", "%(count)s mails are sent again.", count)
        messages.success(request, words % {"count": count})
        current.refresh_from_db()
        start_workers(current)
    left = current.deliveries.filter(status=Status.UNCERTAIN).exists()
    return redirect("newsletters_admin:uncertain" if left else "newsletters_admin:dispatch", current.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def rest(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """Show how many readers the dispatch did not reach; a POST sends the issue to them."""
    current = get_dispatch_to_steer(request, dispatch_pk)
    if request.method == "POST":
        return _follow(request, current)
    is_open = Dispatch.objects.filter(issue=current.issue_id, status__in=Dispatch.OPEN).exists()
    try:
        unreached, elsewhere = (None, 0) if is_open else (count_unreached(current), in_other_languages(current))
    except BrokenSegment as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:dispatch", current.pk)
    return render_page(
        request,
        "results/rest",
        title=_("Send to those who did not get it"),
        subtitle=current.issue.title,
        icon="mail",
        dispatch=current,
        is_open=is_open,
        unreached=unreached,
        in_other_languages=elsewhere,
        uncertain=current.deliveries.filter(status=Status.UNCERTAIN).count(),
    )


def _follow(request: HttpRequest, current: Dispatch) -> HttpResponse:
    try:
        follower = follow_dispatch(current, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:rest", current.pk)
    start_workers(follower)
    messages.success(request, _("Sending has started. You can leave this page; it goes on without you."))
    return redirect("newsletters_admin:dispatch", follower.pk)
