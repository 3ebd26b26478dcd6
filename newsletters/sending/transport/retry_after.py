"""How long an HTTP server asks to wait before the next request."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from requests import Response


def retry_after_seconds(response: Response) -> float | None:
    """Return the wait that the header Retry-After asks for, in seconds or as a date (RFC 9110, 10.2.3); else None.

    A date is on the server's own clock, which the header Date shows.
    """
    asked = str(response.headers.get("Retry-After", "")).strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until, now = (parsedate_to_datetime(words) for words in (asked, response.headers["Date"]))
        return max(0.0, (until - now).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None
