"""Ask the sites that an issue links to whether what it links to is there, politely and for a bounded time."""

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

LONGEST = timedelta(seconds=60)  # after this the rest is left for another turn
KEPT = timedelta(days=90)


def check_links(
    urls: Collection[str], *, ask: Ask, clock: Callable[[], datetime], pause: Callable[[float], object]
) -> int:
    """Ask for those of `urls` of which nothing fresh is known, and return for how many there was no time.

    Sites take turns; between two questions to the same one there is a pause, in seconds.
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
    """Keep what was found.

    Where no name at all leads anywhere it is this server that cannot ask, and no site is called missing for that.
    """
    since = now - timedelta(hours=conf.LINK_FRESH_HOURS)
    answers = any(one.outcome not in LinkCheck.SILENT for one in found.values())
    for url, one in found.items():
        is_missing = one.outcome != Outcome.UNKNOWN_HOST or answers or LinkCheck.some_answered(since=since)
        outcome = one.outcome if is_missing else Outcome.UNREACHABLE
        LinkCheck.note(url, outcome=outcome, status=one.status, now=now)


def urls_to_ask(urls: Collection[str], *, now: datetime) -> list[str]:
    """Return those of `urls` of which nothing fresh is known, each once."""
    since = now - timedelta(hours=conf.LINK_FRESH_HOURS)
    known = LinkCheck.known(urls)
    return [url for url in dict.fromkeys(urls) if url not in known or not known[url].is_fresh(since=since)]


def _in_turns(urls: Collection[str]) -> list[str]:
    """Return the addresses so that neighbours are of different sites, as far as that goes."""
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        by_host[urlsplit(url).hostname or ""].append(url)
    return [url for turn in zip_longest(*by_host.values()) for url in turn if url]
