"""Links to other sites: which of them are checked in the background, and with what result."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from cms.plugins.issue_checks import LinkState, MailToCheck
from newsletters.conf import conf
from newsletters.issues.checking.links.targets import fault_of
from newsletters.models import LinkCheck

Outcome = LinkCheck.Outcome

DEAD = frozenset({Outcome.GONE, Outcome.UNKNOWN_HOST})  # certainly dead; everything else may work for a reader


def foreign_urls(mails: Iterable[MailToCheck], *, hosts: Collection[str]) -> list[str]:
    """Return the addresses on other sites that the mails link to, without duplicates and those that cannot work."""
    urls = dict.fromkeys(link.url for mail in mails for link in mail.links)
    return [url for url in urls if _is_elsewhere(url, hosts=hosts)]


def _is_elsewhere(url: str, *, hosts: Collection[str]) -> bool:
    is_web = url.startswith(("https://", "http://"))
    return is_web and url.split("/")[2] not in hosts and fault_of(url, own_hosts=hosts) in {"", "link-http"}


def read_foreign_states(urls: Collection[str], *, now: datetime) -> dict[str, LinkState]:
    """Return the known states of these addresses; one query."""
    if not conf.CHECK_LINKS:
        return {}
    known, since = LinkCheck.known(urls), now - timedelta(hours=conf.LINK_FRESH_HOURS)
    return {url: _state(known.get(url), since=since) for url in urls}


def _state(check: LinkCheck | None, *, since: datetime) -> LinkState:
    if check is None:
        return LinkState(status="unknown", is_awaited=True)
    awaited = not check.is_fresh(since=since)
    if check.outcome == Outcome.FINE:
        return LinkState(status="fine", checked_at=check.checked_at, is_awaited=awaited)
    if check.outcome == Outcome.INNER:
        return LinkState(status="staff", checked_at=check.checked_at, is_awaited=awaited)
    return LinkState(
        status="dead" if check.outcome in DEAD else "doubtful",
        detail=check.in_words,
        checked_at=check.checked_at,
        is_awaited=awaited,
    )
