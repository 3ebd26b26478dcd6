"""Show staff an edition as a mail: light and dark, as plain text and as source, or as a subscriber gets it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from newsletters.audience.staff_actions.note_viewing import note_list_viewed, note_reader_viewed
from newsletters.conf import conf
from newsletters.editions.compile_edition import compile_edition
from newsletters.editions.content import load_content
from newsletters.editions.schemes import in_scheme
from newsletters.exceptions import IssueProblem
from newsletters.issues.edition_list import EditionChoice, edition_choices, edition_of, find_edition
from newsletters.models import IssuePage, Newsletter, Subscription
from newsletters.publications.permissions import may_see_readers, may_see_subscribers
from newsletters.sending.mails.own_words import own_words_of
from newsletters.values.path_keys import is_key
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import fill_html, fill_text, personal_parts

COOKIE = "hub-preview"  # the last options, so that the panel keeps them when it refreshes
VIEWS = ("mail", "dark", "text", "html", "mjml")
MOST_FOUND = 8
LONGEST_KEY = 100  # of an edition; cookies are small
MOST_BYTES = 102_400  # Gmail cuts off larger mails


@dataclass(frozen=True, kw_only=True)
class PreviewOptions:
    """What somebody wants to look at: one of VIEWS, wide or narrow, as which reader."""

    view: str = "mail"
    is_narrow: bool = False
    reader: str = ""

    @classmethod
    def of(cls, request: HttpRequest, *, edition_key: str) -> PreviewOptions:
        """Read the options from the address, else from the cookie; the reader is kept only for the same edition."""
        kept = dict(parse_qsl(request.COOKIES.get(COOKIE, "")))
        if kept.get("edition", "") != edition_key:
            kept.pop("reader", None)
        asked = {name: request.GET.get(name, kept.get(name, "")) for name in ("view", "width", "reader")}
        return cls(
            view=asked["view"] if asked["view"] in VIEWS else "mail",
            is_narrow=asked["width"] == "phone",
            reader=asked["reader"] if is_key(asked["reader"]) else "",
        )

    def as_cookie(self, *, edition_key: str) -> str:
        """Return the options as a cookie's value."""
        width = "phone" if self.is_narrow else "wide"
        return urlencode(
            {"edition": edition_key[:LONGEST_KEY], "view": self.view, "width": width, "reader": self.reader}
        )


def find_readers(newsletter: Newsletter, *, words: str) -> QuerySet[Subscription]:
    """Return the first few readers of the newsletter whose name or address contains `words`."""
    readers = active_readers(newsletter).order_by("subscriber__email")
    found = Q(subscriber__email__icontains=words) | Q(subscriber__first_name__icontains=words)
    return readers.filter(found)[:MOST_FOUND]


def active_readers(newsletter: Newsletter) -> QuerySet[Subscription]:
    """Return the subscriptions that would get an issue now."""
    active = Subscription.objects.filter(
        newsletter=newsletter, status=Subscription.Status.ACTIVE, locale__in=newsletter.locales()
    )
    return active.select_related("subscriber", "locale", "theme_set")


class EditionPreview:
    """The editor's preview of an issue: every edition, each language's full one first."""

    def modes(self, issue: IssuePage) -> list[tuple[str, str | Promise]]:
        """Return the editions' keys and names."""
        return [(choice.key, choice.label) for choice in edition_choices(issue.newsletter)]

    def show(self, request: HttpRequest, issue: IssuePage, *, key: str) -> HttpResponse:
        """Return the page in the preview panel."""
        return show_preview(request, issue, edition_key=key)


@never_cache
def show_preview(request: HttpRequest, issue: IssuePage, *, edition_key: str) -> HttpResponse:
    """Return the page in the preview panel: a small toolbar, and the mail in a frame that runs and loads nothing."""
    newsletter = issue.newsletter
    options = PreviewOptions.of(request, edition_key=edition_key)
    can_search = may_see_subscribers(request.user)
    is_exact = may_see_readers(request.user, newsletter)
    reader = active_readers(newsletter).filter(pk=options.reader).first() if can_search and options.reader else None
    choice = edition_of(reader) if reader else find_edition(newsletter, key=edition_key, is_exact=is_exact)
    words = request.GET.get("q", "").replace("\x00", "").strip()[:80] if can_search else ""
    if words:
        note_list_viewed("preview", user=request.user, now=timezone.now())
    if reader:
        note_reader_viewed(reader.subscriber, user=request.user, now=timezone.now())
    context = {
        "issue": issue,
        "newsletter": newsletter,
        "edition": choice,
        "options": options,
        "views": _views(),
        "kept": [(name, request.GET[name]) for name in ("mode", "in_preview_panel", "edition") if name in request.GET],
        "address": _address(request),
        "reader": reader,
        "can_search": can_search,
        "can_edit": bool(issue.pk) and issue.permissions_for_user(request.user).can_edit(),
        "words": words,
        "found": find_readers(newsletter, words=words) if words else None,
        **_shown(issue, newsletter=newsletter, choice=choice, options=options, reader=reader),
    }
    response = render(request, "newsletters/preview/page.html", context)
    response["Content-Security-Policy"] = _policy()
    response.set_cookie(
        COOKIE, options.as_cookie(edition_key=edition_key), path=request.path, httponly=True, samesite="Strict"
    )
    return response


def _shown(
    issue: IssuePage,
    *,
    newsletter: Newsletter,
    choice: EditionChoice,
    options: PreviewOptions,
    reader: Subscription | None,
) -> dict[str, object]:
    """Return what the frame shows, or why there is nothing to show."""
    try:
        content = load_content(issue, newsletter=newsletter, locale=choice.locale, now=timezone.now())
        compiled = compile_edition(content, followed=choice.followed)
    except IssueProblem as error:
        return {"problem": str(error)}
    first_name = reader.subscriber.first_name if reader else ""
    language = choice.locale.language_code
    links = PersonalLinks.of_a_test(language=language)
    parts = personal_parts(
        language=language,
        first_name=first_name,
        links=links,
        greeting=compiled.greeting,
        own_words=own_words_of(reader.subscriber if reader else None, greeting=compiled.greeting, language=language),
    )
    html = fill_html(compiled.html, parts=parts)
    size = len(html.encode())
    return {
        "compiled": compiled,
        "says_nothing": not content.says_something,
        "size": size,
        "most": MOST_BYTES,
        "is_too_large": size > MOST_BYTES,
        "mail": in_scheme(html, dark=options.view == "dark"),
        "source": {
            "text": fill_text(compiled.text, parts=parts),
            "html": html,
            "mjml": fill_html(compiled.mjml, parts=parts),
        }.get(options.view, ""),
    }


def _views() -> list[tuple[str, str]]:
    return [
        ("mail", _("Light")),
        ("dark", _("Dark")),
        ("text", _("Plain text")),
        ("html", _("HTML")),
        ("mjml", _("MJML")),
    ]


def _address(request: HttpRequest) -> str:
    """Return the start of the toolbar's links: the parameters of Wagtail's panel, without those of the toolbar."""
    kept = {name: request.GET[name] for name in ("mode", "in_preview_panel", "edition") if name in request.GET}
    return f"?{urlencode(kept)}&" if kept else "?"


def _policy() -> str:
    """Return a content security policy: only our own script runs, and pictures come only from our own hosts."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"img-src 'self' data: {_picture_hosts()}; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )


def _picture_hosts() -> str:
    """Return the origins of a mail's pictures: the public site, and the media if they are on another host."""
    addresses = (urlsplit(url) for url in (conf.PUBLIC_URL, default_storage.url("x")))
    return " ".join(sorted({f"{parts.scheme}://{parts.netloc}" for parts in addresses if parts.netloc}))
