"""Protection against guessing: django-axes counts wrong passwords in the database, by account and by address.

After LOGIN_TRIES wrong passwords, none is accepted for LOGIN_LOCK_MINUTES. For users who recently logged in from an
address, only attempts on their own account from that address count, so that no stranger can lock them out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from unicodedata import normalize

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlsafe_base64_decode

KNOWN_FOR = timedelta(days=30)
KEEP_LOGINS = timedelta(days=90)
RESET, RESET_CONFIRMED = "wagtailadmin_password_reset", "wagtailadmin_password_reset_confirm"
ASKED = "reset of "
LOGINS = {"wagtailadmin_login", RESET, RESET_CONFIRMED}


class AxesRequest(HttpRequest):
    """A request to which django-axes has added the client; `braked_as` is set for the forms in BRAKED."""

    axes_ip_address: str | None
    axes_user_agent: str
    axes_http_accept: str
    axes_path_info: str
    braked_as: dict[str, str]


def _page(_request: HttpRequest, kwargs: Mapping[str, object]) -> str:
    return f"page restriction {kwargs['page_view_restriction_id']}"


def _collection(_request: HttpRequest, kwargs: Mapping[str, object]) -> str:
    return f"collection restriction {kwargs['restriction_id']}"


def _mailbox(request: HttpRequest, _kwargs: Mapping[str, object]) -> str:
    mailbox = normalize("NFKC", request.POST.get("email", "").strip()).casefold()  # as Django compares them
    return f"{ASKED}{mailbox}"[:255].replace("\0", "")


# Forms that can be guessed at or misused without logging in, and the name under which axes counts each of them.
# The names contain a space, and no account's name does.
BRAKED: dict[str, Callable[[HttpRequest, Mapping[str, object]], str]] = {
    RESET: _mailbox,
    "wagtailcore_authenticate_with_password": _page,
    "wagtaildocs_authenticate_with_password": _collection,
}


def lockout_parameters(request: AxesRequest, credentials: Mapping[str, str] | None) -> list[str | list[str]]:
    """Return what django-axes counts by: account and address separately, or only the combination of both."""
    name = (credentials or {}).get("username") or ""
    if name.startswith(("page ", "collection ")):
        return [["username", "ip_address"]]  # a shared password: no reader may lock out the others
    if name.startswith(ASKED):
        return ["username"]  # `_asked_too_often` counts by address: wrong passwords do not count there
    since = timezone.now() - KNOWN_FOR
    logins = AccessLog.objects.filter(username=name, ip_address=request.axes_ip_address, attempt_time__gte=since)
    return [["username", "ip_address"]] if logins.exists() else ["username", "ip_address"]


def locked_out(request: HttpRequest, *_answer_and_credentials: object) -> HttpResponse:
    """Return a page that says that there were too many attempts, and when to try again."""
    match = request.resolver_match
    template = "cms/logins/admin.html" if match and match.url_name in LOGINS else "cms/logins/public.html"
    page = render(request, template, {"minutes": settings.LOGIN_LOCK_MINUTES}, status=429)
    page["Retry-After"] = str(settings.LOGIN_LOCK_MINUTES * 60)
    page["Cache-Control"] = "no-store"
    return page


class LoginBrakeMiddleware:
    """Limits attempts on the forms in BRAKED; runs inside `AxesMiddleware`, which answers locked-out clients."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: AxesRequest) -> HttpResponseBase:
        response = self.get_response(request)
        match = request.resolver_match
        if credentials := getattr(request, "braked_as", None):
            if response.status_code != 302 or (match and match.url_name == RESET):
                AxesProxyHandler.user_login_failed(sender=type(self), credentials=credentials, request=request)
        elif match and match.url_name == RESET_CONFIRMED and request.method == "POST" and response.status_code == 302:
            _let_in(request, uid=match.kwargs["uidb64"])
        return response

    def process_view(
        self, request: AxesRequest, _view: object, _args: object, kwargs: Mapping[str, object]
    ) -> HttpResponse | None:
        """Refuse a form after too many attempts."""
        match = request.resolver_match
        name_of = BRAKED.get(match.url_name or "") if match else None
        if name_of is None or request.method != "POST":
            return None
        credentials = {"username": name_of(request, kwargs)}
        if not AxesProxyHandler.is_allowed(request, credentials) or _asked_too_often(request, credentials["username"]):
            return locked_out(request)
        request.braked_as = credentials
        return None


def _asked_too_often(request: AxesRequest, name: str) -> bool:
    """Return whether an address has asked for too many new passwords.

    Wrong passwords do not count here: users who are locked out are told to choose a new password.
    """
    if not name.startswith(ASKED):
        return False
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    resets = AccessAttempt.objects.filter(
        username__startswith=ASKED, ip_address=request.axes_ip_address, attempt_time__gte=since
    )
    count = resets.aggregate(count=Sum("failures_since_start"))["count"] or 0
    return bool(count >= settings.AXES_FAILURE_LIMIT)


def _let_in(request: AxesRequest, *, uid: str) -> None:
    """Reset the count for a user who has chosen a new password, and record a login: they own the mailbox."""
    name = get_user_model().objects.get(pk=urlsafe_base64_decode(uid).decode()).get_username()
    AxesProxyHandler.reset_attempts(username=name)
    AxesProxyHandler.update_request(request)
    AccessLog.objects.create(
        username=name,
        ip_address=request.axes_ip_address,
        user_agent=request.axes_user_agent,
        http_accept=request.axes_http_accept,
        path_info=request.axes_path_info,
    )


def forget_logins() -> None:
    """Delete old logins, and attempts that no longer count."""
    now = timezone.now()
    AccessLog.objects.filter(attempt_time__lt=now - KEEP_LOGINS).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - settings.AXES_COOLOFF_TIME).delete()
