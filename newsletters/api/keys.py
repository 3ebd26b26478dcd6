"""Who may use the API for readers: a system that shows a key, for the newsletters and with the rights of that key."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja.errors import HttpError
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle

from newsletters.models import ApiKey, Newsletter

MINUTE_SECONDS = 60
NO_NEWSLETTER = "There is no such newsletter, or the key is not for it."


class ApiKeyAuth(HttpBearer):
    """A key in the `Authorization` header (RFC 6750); without a valid one the answer is 401, whatever is wrong."""

    openapi_bearerFormat = "hub_…"  # noqa: N815  # Ninja's name

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:  # noqa: ARG002  # Ninja's signature
        """Return the key's row, which Ninja puts at `request.auth`."""
        return ApiKey.objects.of(token)


class ApiKeyThrottle(BaseThrottle):
    """Limits how often a key is used, counted in the database."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the request, and say whether it is allowed."""
        return key_of(request).take_turn(now=timezone.now())

    def wait(self) -> float | None:
        """Return in how many seconds there is room again, at the latest."""
        return MINUTE_SECONDS


def key_of(request: HttpRequest) -> ApiKey:
    """Return the key that the request was let in by."""
    key: ApiKey = request.auth  # type: ignore[attr-defined]  # Ninja's
    return key


def require(*, right: bool) -> None:
    """Raise a 403 unless the key has the right."""
    if not right:
        raise HttpError(403, "The key does not allow this.")


def newsletter_of(request: HttpRequest, slug: str) -> Newsletter:
    """Return a newsletter that the key is for; raise Http404 for any other."""
    newsletter = key_of(request).newsletters.filter(slug=slug).first()
    if newsletter is None:
        raise Http404(NO_NEWSLETTER)
    return newsletter
