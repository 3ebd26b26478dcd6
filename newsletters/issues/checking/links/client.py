"""Ask whether a page of another site exists: with HEAD, and with GET if HEAD finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import requests

from cms.webhooks.client import (
    AddressNotAllowed,
    BadCertificate,
    NoAnswer,
    TooSlow,
    UnknownHost,
    in_time,
    no_answer_in_words,
    public_session,
)
from newsletters.conf import conf
from newsletters.models import LinkCheck

Outcome = LinkCheck.Outcome

USER_AGENT = "InnovationHub-LinkCheck/1"
MOST_REDIRECTS = 5


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a server answered for an address, and its status code."""

    outcome: str
    status: int | None = None


class Ask(Protocol):
    """Asks for an address."""

    def __call__(self, url: str) -> Found:
        """Return what is there; never raises because of what the other side does."""


def ask(url: str) -> Found:
    """Return what is at this address, after its redirects."""
    head = _request("HEAD", url)
    final = {Outcome.FINE, Outcome.UNKNOWN_HOST, Outcome.INNER, Outcome.BAD_CERTIFICATE}
    return head if head.outcome in final else _request("GET", url)


def _request(method: str, url: str) -> Found:
    failures: dict[type[NoAnswer], str] = {
        AddressNotAllowed: Outcome.INNER,
        UnknownHost: Outcome.UNKNOWN_HOST,
        BadCertificate: Outcome.BAD_CERTIFICATE,
        TooSlow: Outcome.SLOW,
    }
    try:
        with (
            no_answer_in_words(),
            in_time(),
            _session() as session,
            # The body is not read, so a large file costs no more than a page.
            session.request(method, url, stream=True, allow_redirects=True) as reply,
        ):
            return Found(outcome=_outcome(reply.status_code), status=reply.status_code)
    except NoAnswer as error:
        if isinstance(error.__cause__, requests.TooManyRedirects):
            return Found(outcome=Outcome.BROKEN)
        return Found(outcome=failures.get(type(error), Outcome.UNREACHABLE))


def _session() -> requests.Session:
    agent = f"{USER_AGENT} (+{conf.PUBLIC_URL})"
    session: requests.Session = public_session(user_agent=agent, never_redirect=False)
    session.max_redirects = MOST_REDIRECTS
    return session


def _outcome(status: int) -> str:
    if status in {404, 410}:
        return Outcome.GONE
    if status >= 500:
        return Outcome.BROKEN
    return Outcome.REFUSED if status >= 400 else Outcome.FINE
