"""Pages for staff: gather, look at every edition, approve, send, and watch the sending."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from newsletters import ledger
from newsletters.actions.approve_issue import approve_issue
from newsletters.actions.compile_issue import CompiledIssue, compile_issue
from newsletters.actions.compose_issue import compose_issue, gather_into
from newsletters.actions.start_dispatch import start_dispatch
from newsletters.compile.content import load_content
from newsletters.compile.edition import compile_edition, has_stories
from newsletters.compile.preview import edition_response
from newsletters.exceptions import IssueProblem, NewsletterError
from newsletters.models import Delivery, Dispatch, IssuePage, NewsletterPage
from newsletters.queries import current_dispatch, ledger_status, newest_approval, variants
from newsletters.tasks import deliver


def may(user: Any, permission: str) -> bool:
    """Say whether the user has one of the newsletter's own permissions."""
    return user.has_perm(f"hub_newsletters.{permission}_issuepage")


def _require_edit(request: HttpRequest, page: Any) -> None:
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied


def _require_view(request: HttpRequest, issue: IssuePage) -> None:
    can_edit = issue.permissions_for_user(request.user).can_edit()
    if not (can_edit or may(request.user, "approve") or may(request.user, "send")):
        raise PermissionDenied


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The newsletters, each with its issues and how they stand."""
    pages: dict[int, NewsletterPage] = {}
    for page in NewsletterPage.objects.select_related("newsletter").order_by("newsletter__name", "pk"):
        pages.setdefault(page.newsletter_id, page)  # issues stand under the newsletter's first page
    rows = [
        {"page": page, "issues": _issue_rows(page), "may_add": _may_add(request, page)}
        for page in pages.values()
        if _may_add(request, page) or may(request.user, "approve") or may(request.user, "send")
    ]
    return _render(request, "overview", title=_("Newsletter"), icon="mail", newsletters=rows)


def _may_add(request: HttpRequest, page: NewsletterPage) -> bool:
    return page.permissions_for_user(request.user).can_add_subpage()


def _issue_rows(page: NewsletterPage) -> list[dict[str, Any]]:
    issues = IssuePage.objects.child_of(page).order_by("-issue_date", "-pk")[:20]
    dispatches = {
        dispatch.issue_id: dispatch
        for dispatch in Dispatch.objects.filter(issue__in=list(issues)).exclude(status=Dispatch.Status.CANCELLED)
    }
    return [{"issue": issue, "dispatch": dispatches.get(issue.pk)} for issue in issues]


@require_POST
def compose(request: HttpRequest, page_pk: int) -> HttpResponse:
    """Gather what was published since the last issue into a new draft."""
    parent = get_object_or_404(NewsletterPage, pk=page_pk)
    if not _may_add(request, parent):
        raise PermissionDenied
    try:
        issue = compose_issue(parent=parent, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:overview")
    messages.success(
        request,
        ngettext(
            "A draft with one story. Change what you like, then choose “Review and send”.",
            "A draft with %(count)s stories. Change what you like, then choose “Review and send”.",
            len(issue.body),
        )
        % {"count": len(issue.body)},
    )
    return redirect("wagtailadmin_pages:edit", issue.pk)


@require_POST
def gather(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Add what fits the issue's window, themes and tags by now."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    _require_edit(request, issue)
    if current_dispatch(issue):
        raise PermissionDenied
    try:
        added = gather_into(issue.get_latest_revision_as_object(), user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request, ngettext("One story added below.", "%(count)s stories added below.", added) % {"count": added}
        )
    return redirect("wagtailadmin_pages:edit", issue.pk)


@require_GET
def review(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Everything that would be sent, to whom, and whether it may be."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    _require_view(request, issue)
    if dispatch := current_dispatch(issue):
        return redirect("newsletters_admin:dispatch", dispatch.pk)
    latest = issue.get_latest_revision_as_object()
    newsletter = issue.newsletter
    compiled, problem = None, ""
    try:
        compiled = compile_issue(latest, newsletter=newsletter, now=timezone.now())
    except IssueProblem as error:
        problem = str(error)
    rows = _variant_rows(compiled, newsletter) if compiled else []
    approval = newest_approval(issue)
    is_approved = bool(compiled and approval and approval.content_hash == compiled.content_hash)
    return _render(
        request,
        "review",
        title=_("Review and send"),
        subtitle=latest.title,
        icon="mail",
        issue=latest,
        compiled=compiled,
        problem=problem,
        rows=rows,
        people=sum(row["people"] for row in rows if row["has_stories"]),
        excluded=sum(row["people"] for row in rows if not row["has_stories"]),
        approval=approval,
        is_approved=is_approved,
        may_approve=may(request.user, "approve"),
        may_send=may(request.user, "send"),
        may_edit=issue.permissions_for_user(request.user).can_edit(),
    )


def _variant_rows(compiled: CompiledIssue, newsletter: Any) -> list[dict[str, Any]]:
    return [
        {
            "locale": variant.locale,
            "theme_set": variant.theme_set,
            "people": variant.people,
            "has_stories": has_stories(compiled.contents[variant.locale], followed=variant.followed),
        }
        for variant in variants(newsletter)
    ]


@require_GET
@xframe_options_sameorigin
def edition(request: HttpRequest, issue_pk: int, language: str, kind: str) -> HttpResponse:
    """One edition as it would be sent now: `?themes=` narrows it to these theme slugs; kind is html or text."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    _require_view(request, issue)
    newsletter = issue.newsletter
    locale = get_object_or_404(newsletter.locales(), language_code=language)
    slugs = request.GET.get("themes")
    try:
        content = load_content(
            issue.get_latest_revision_as_object(), newsletter=newsletter, locale=locale, now=timezone.now()
        )
        compiled = compile_edition(content, followed=slugs.split() if slugs else None)
    except IssueProblem as error:
        return HttpResponse(str(error), content_type="text/plain; charset=utf-8", status=409)
    return edition_response(compiled, kind=kind, language=language)


@require_POST
def approve(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Say yes to exactly what was shown."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    if not may(request.user, "approve"):
        raise PermissionDenied
    seen = request.POST.get("content_hash", "")
    try:
        approve_issue(issue, seen_hash=seen, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Approved. Any change from now on needs a new approval."))
    return redirect("newsletters_admin:review", issue.pk)


@require_POST
def send(request: HttpRequest, issue_pk: int) -> HttpResponse:
    """Freeze the audience and start sending; what was asked twice is sent once."""
    issue = get_object_or_404(IssuePage, pk=issue_pk)
    if not may(request.user, "send"):
        raise PermissionDenied
    try:
        dispatch = start_dispatch(issue, user=request.user, now=timezone.now())
    except NewsletterError as error:
        messages.error(request, str(error))
        return redirect("newsletters_admin:review", issue.pk)
    deliver.enqueue(dispatch.pk)
    messages.success(request, _("Sending has started. You can leave this page; it goes on without you."))
    return redirect("newsletters_admin:dispatch", dispatch.pk)


@require_GET
def dispatch(request: HttpRequest, dispatch_pk: int) -> HttpResponse:
    """How a sending stands."""
    current = get_object_or_404(Dispatch.objects.select_related("issue", "newsletter"), pk=dispatch_pk)
    _require_view(request, current.issue)
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(_progress(current))
    return _render(
        request,
        "dispatch",
        title=_("Sending"),
        subtitle=current.issue.title,
        icon="mail",
        dispatch=current,
        progress=_progress(current),
        may_send=may(request.user, "send"),
        failed=_to_look_at(current),
        online=[
            (
                edition.locale,
                reverse("newsletters:online", args=[current.issue_id, edition.locale.language_code]),
            )
            for edition in current.editions.filter(theme_set=None).select_related("locale")
        ],
    )


def _to_look_at(current: Dispatch) -> Any:
    states = [Delivery.Status.REJECTED, Delivery.Status.UNCERTAIN, Delivery.Status.DEFERRED]
    odd = Q(status__in=states) | Q(reason=Delivery.Reason.UNSENDABLE)
    return current.deliveries.filter(odd).select_related("subscription__subscriber")[:50]


def _progress(current: Dispatch) -> dict[str, Any]:
    status = ledger_status(current)
    share = round(100 * status.settled / status.audience) if status.audience else 100
    labels, reasons = dict(Delivery.Status.choices), dict(Delivery.Reason.choices)
    return {
        "status": current.status,
        "label": current.get_status_display(),
        "reason": current.status_reason,
        "audience": status.audience,
        "settled": status.settled,
        "percent": share,
        "counts": [
            {"label": str(labels[name]), "count": count}
            for name, count in status.counts.items()
            if count and name != Delivery.Status.EXCLUDED
        ]
        + [
            {"label": f"{labels[Delivery.Status.EXCLUDED]}: {reasons[reason]}", "count": count}
            for reason, count in status.excluded.items()
        ],
    }


@require_POST
def steer(request: HttpRequest, dispatch_pk: int, verb: str) -> HttpResponse:
    """Pause, resume or cancel a sending."""
    current = get_object_or_404(Dispatch, pk=dispatch_pk)
    if not may(request.user, "send"):
        raise PermissionDenied
    if verb == "pause":
        ledger.pause(current, why=_("Paused by %(user)s") % {"user": request.user})
    elif verb == "resume":
        ledger.resume(current)
        deliver.enqueue(current.pk)
    else:
        ledger.cancel(current, now=timezone.now())
    return redirect("newsletters_admin:dispatch", current.pk)


def _render(
    request: HttpRequest, name: str, *, title: str, icon: str, subtitle: str = "", **context: Any
) -> HttpResponse:
    crumbs = [
        {"url": reverse("wagtailadmin_home"), "label": _("Home")},
        {"url": reverse("newsletters_admin:overview"), "label": _("Newsletter")},
    ]
    if name != "overview":
        crumbs.append({"url": "", "label": title, "sublabel": subtitle})
    context |= {
        "page_title": title,
        "page_subtitle": subtitle,
        "header_title": f"{title}: {subtitle}" if subtitle else title,
        "header_icon": icon,
        "breadcrumbs_items": crumbs,
    }
    return render(request, f"newsletters/admin/{name}.html", context)
