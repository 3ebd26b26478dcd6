"""Caching: 304 for what the client has, and bodies that are kept while the content's version stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache as keep
from functools import wraps
from hashlib import blake2b
from importlib.metadata import version as installed_version
from inspect import unwrap
from typing import TypeVar

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, parse_http_date

from cms.api.markdown import wants_markdown
from cms.conf import conf
from cms.content.site_tree import reading
from cms.content.version import ContentVersion, content_version
from cms.models import HubPage
from cms.plugins.fences import gathering_faults
from cms.plugins.registry import timed_filters

SURROGATE_KEY = "Surrogate-Key"
KEPT_PROBLEMS = {404, 422}
PROBLEM_AGE_SECONDS = 10
KEPT_HEADERS = ("Content-Type", "Link", "Content-Disposition", "Content-Language", SURROGATE_KEY)

View = TypeVar("View", bound=Callable[..., object])


def cached(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate an operation's `run` (Ninja's mode "view"): its GET is answered from the cache, if possible.

    Only answers with status 200 are cached, unless a plugin's part was left out, and none of a view that is
    `never_kept`.
    """
    view = unwrap(run).__self__.view_func
    is_kept, is_timed = not getattr(view, "is_never_kept", False), getattr(view, "is_timed", False)

    @wraps(run)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method != "GET" or not is_kept:
            return run(request, *args, **kwargs)
        now = timezone.now()
        version = content_version(now=now)
        headers = _headers(*_validators(request, version=version, is_timed=is_timed, now=now))
        if (unchanged := _unchanged(request, headers)) is not None:
            return unchanged
        key = f"hub-api-{headers['ETag']}"
        if kept := cache.get(key):
            return _with_headers(HttpResponse(kept[0], headers=kept[1]), headers)
        with reading(version=version.value), gathering_faults() as faults:
            response = run(request, *args, **kwargs)
        if not isinstance(response, HttpResponse) or response.status_code != 200:
            return response
        if faults:
            return _unkept(response)
        kept_headers = {name: response[name] for name in KEPT_HEADERS if name in response}
        cache.set(key, (response.content, kept_headers), conf.API_KEEP_SECONDS)
        return _with_headers(response, headers)

    return answer


def briefly_kept(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorate a view of the API so that its 404 and 422 answers may be cached for a moment too.

    This way a popular link to a missing page does not query the database each time; new content purges the answers.
    """

    @wraps(run)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        response = run(request, *args, **kwargs)
        if request.method == "GET" and response.status_code in KEPT_PROBLEMS and "Cache-Control" not in response:
            response["Cache-Control"] = f"public, max-age={min(PROBLEM_AGE_SECONDS, conf.API_MAX_AGE_SECONDS)}"
            response[SURROGATE_KEY] = "content"
            patch_vary_headers(response, ["Accept"])
        return response

    return answer


def never_kept(view: View) -> View:
    """Decorate a view whose answer is private: no ETag, no 304, no cached body."""
    view.is_never_kept = True  # type: ignore[attr-defined]
    return view


def timed(view: View) -> View:
    """Decorate a view whose answer depends on the time, whatever its parameters: its ETag changes every minute."""
    view.is_timed = True  # type: ignore[attr-defined]
    return view


def tag_response(response: HttpResponse, *, pages: Iterable[HubPage]) -> HttpResponse:
    """Name the pages in the answer in `Surrogate-Key`, for a CDN that purges by key; return `response`."""
    response[SURROGATE_KEY] = " ".join(["content", *(f"page-{page.pk}" for page in pages)])
    return response


def _validators(
    request: HttpRequest, *, version: ContentVersion, is_timed: bool, now: datetime
) -> tuple[str, int | None]:
    """Return the ETag and, in seconds since 1970, the Last-Modified of the answer to this request."""
    changed_at, minute = version.changed_at, None
    # What depends on the time, such as coming activities, gets a new ETag every minute.
    if is_timed or timed_filters() & request.GET.keys():
        minute = now.replace(second=0, microsecond=0)
        changed_at = max(changed_at or minute, minute)
    parts = (
        version.value,
        _release(),
        request.build_absolute_uri(),
        str(wants_markdown(request)),
        minute.isoformat() if minute else "",
    )
    digest = blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()
    # Another change within the same second would have the same Last-Modified.
    settled = changed_at and now - changed_at > timedelta(seconds=1)
    return f'"{digest}"', int(changed_at.timestamp()) if changed_at and settled else None


def _headers(etag: str, modified: int | None) -> dict[str, str]:
    ages = f"max-age={conf.API_MAX_AGE_SECONDS}, stale-while-revalidate={conf.API_STALE_SECONDS}"
    headers = {"ETag": etag, "Cache-Control": f"public, {ages}"}
    return headers | ({"Last-Modified": http_date(modified)} if modified else {})


def _unchanged(request: HttpRequest, headers: dict[str, str]) -> HttpResponseBase | None:
    """Return a 304 if the client's copy is still valid (RFC 9110, section 13)."""
    if not {"If-None-Match", "If-Modified-Since"} & request.headers.keys():
        return None
    modified = parse_http_date(headers["Last-Modified"]) if "Last-Modified" in headers else None
    bare = _with_headers(HttpResponse(), headers)
    answer = get_conditional_response(request, etag=headers["ETag"], last_modified=modified, response=bare)
    return answer if answer is not None and answer.status_code == 304 else None


def _unkept(response: HttpResponse) -> HttpResponse:
    """Forbid caches to store the response: a part is missing, and repairing its plugin would not change the ETag."""
    response["Cache-Control"] = "no-store"
    return response


def _with_headers(response: HttpResponse, headers: dict[str, str]) -> HttpResponse:
    for name, value in headers.items():
        response[name] = value
    if SURROGATE_KEY not in response and response.status_code == 200:
        response[SURROGATE_KEY] = "content"
    patch_vary_headers(response, ["Accept"])
    return response


@keep
def _release() -> str:
    return installed_version("innovation-hub")
