"""Ask other sites whether the pages that an issue links to exist, politely and for a limited time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from urllib.parse import urlsplit

from newsletters.conf import conf
from newsletters.issues.checking.links.client import Ask, Found
from newsletters.models import LinkCheck

Outcome = LinkCheck.Outcome

LONGEST = timedelta(seconds=60)  # after this the rest is left for another task
KEPT = timedelta(days=90)


def check_links(
    urls: Collection[str], *, ask: Ask, clock: Callable[[], datetime], pause: Callable[[float], object]
) -> int:
    """Check those of `urls` without a recent result, and return how many there was no time for.

    Sites take turns; `pause` waits, in seconds, between two requests to the same site.
    """
    started_at = clock()
    waiting = _in_turns(urls_to_ask(urls, now=started_at))
    found: dict[str, Found] = {}
    last_host = ""
    for url in waiting:
        if clock() - started_at >= LONGEST:
            break
        host = urlsplit(url).hostname or ""
        if host == last_host:
            pause(conf.LINK_PAUSE_SECONDS)
        last_host = host
        found[url] = ask(url)
    _note(found, now=clock())
    LinkCheck.prune(before=started_at - KEPT)
    return len(waiting) - len(found)


def _note(found: Mapping[str, Found], *, now: datetime) -> None:
    """Store the results.

    If no host name can be looked up at all, this server has no network, and no site is called missing for that.
    """
    since = now - timedelta(hours=conf.LINK_FRESH_HOURS)
    answers = any(result.outcome not in LinkCheck.SILENT for result in found.values())
    for url, result in found.items():
        is_certain = result.outcome != Outcome.UNKNOWN_HOST or answers or LinkCheck.some_answered(since=since)
        outcome = result.outcome if is_certain else Outcome.UNREACHABLE
        LinkCheck.note(url, outcome=outcome, status=result.status, now=now)


def urls_to_ask(urls: Collection[str], *, now: datetime) -> list[str]:
    """Return those of `urls` without a recent result, without duplicates."""
    since = now - timedelta(hours=conf.LINK_FRESH_HOURS)
    known = LinkCheck.known(urls)
    return [url for url in dict.fromkeys(urls) if url not in known or not known[url].is_fresh(since=since)]


def _in_turns(urls: Collection[str]) -> list[str]:
    """Return the addresses in an order in which neighbours are on different sites, as far as possible."""
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[urlsplit(url).hostname or ""].append(url)
    return [url for batch in zip_longest(*by_host.values()) for url in batch if url]
