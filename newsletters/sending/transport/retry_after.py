"""How long a server over HTTP asks to be left alone."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from requests import Response


def retry_after_seconds(response: Response) -> float | None:
    """Return what the header Retry-After asks for, in seconds or as a moment (RFC 9110, 10.2.3); None for nothing.

    The moment is meant on the server's own clock, which the header Date shows.
    """
    asked = str(response.headers.get("Retry-After", "")).strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until, now = (parsedate_to_datetime(words) for words in (asked, response.headers["Date"]))
        return max(0.0, (until - now).total_seconds())
    except (KeyError, TypeError, ValueError):
        return None
