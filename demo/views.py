"""The demo's own pages: where to begin, and the inbox with the mails that were received."""

from __future__ import annotations

import re

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from demo import place
from demo.inbox import Inbox

MAIL_CSP = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
)


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """Show where to begin."""
    return render(request, "demo/welcome.html")


@require_safe
def members(_request: HttpRequest) -> FileResponse:
    """Download the list of members that can be imported."""
    return FileResponse(place.DEMO_LIST.open("rb"), as_attachment=True)


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """List all mails, the newest first; `?q=` narrows them by address, subject or language."""
    wanted = request.GET.get("q", "").strip().lower()
    mails = [
        mail
        for mail in Inbox(place.DEMO_INBOX).mails()
        if wanted in f"{mail.recipient} {mail.subject} {mail.language}".lower()
    ]
    page = Paginator(mails, 50).get_page(request.GET.get("page"))
    return render(request, "demo/inbox.html", {"page": page, "q": wanted, "count": len(mails)})


@require_safe
def mail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one mail: as a reader sees it, as plain text, or its headers."""
    message = Inbox(place.DEMO_INBOX).get(key)
    if message is None:
        raise Http404
    part = request.GET.get("part", "html")
    text = message.get_body(("plain",))
    context = {
        "key": key,
        "message": message,
        "part": part if part in {"html", "text", "headers"} else "html",
        "width": "375" if request.GET.get("width") == "375" else "680",
        "text": text.get_content() if text else "",
        "headers": [(name, str(value)) for name, value in message.items()],
    }
    return render(request, "demo/mail.html", context)


@require_safe
@xframe_options_sameorigin
def mail_part(_request: HttpRequest, key: str, part: str) -> HttpResponse:
    """Return the mail's HTML by itself (`html`), which may not run scripts, or the mail as received (`source`)."""
    box = Inbox(place.DEMO_INBOX)
    message, raw = box.get(key), box.raw(key)
    if message is None or raw is None or part not in {"html", "source"}:
        raise Http404
    if part == "source":
        return HttpResponse(raw, content_type="text/plain; charset=utf-8")
    html = message.get_body(("html",))
    # The demo may have run on another port when it sent this.
    body = re.sub(
        r"http://localhost:\d+/",
        f"http://localhost:{place.DEMO_PORT}/",
        html.get_content() if html else "",
    )
    return HttpResponse(body, headers={"Content-Security-Policy": MAIL_CSP})
