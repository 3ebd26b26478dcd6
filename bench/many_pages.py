"""Whether answers of the Content API take longer with 50,000 pages than with 500, on PostgreSQL: `make bench`.

Needs an empty database in DATABASE_URL: `.ci/with-postgres python -m bench.many_pages`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.growing import Garden
    from bench.measure import Server

FEW, MANY = 500, 50_000
RUNS = 9
FACTOR = 2  # an answer that takes more than this many times as long grows …
LEAST_MILLISECONDS = 5  # … if it takes at least this much longer: anything less is noise

LISTS = {
    "list, first page": "",
    "list, cards of 100": "limit=100",
    "list, offset 400": "offset=400",
    "list, oldest first": "order=published_at",
    "list, by title": "order=title",
    "list, editors' order": "order=position",
    "list, one type": "type=article",
    "list, two types": "type=article&type=activity",
    "list, one language": "locale=nl",
    "list, one theme": "theme=data",
    "list, one tag": "tag=tag-3",
    "list, a tag of three pages": "tag=rare",
    "list, a tag of none": "tag=nothing",
    "list, theme, type and language": "theme=power&type=article&locale=en",
    "list, theme and language by title": "theme=power&locale=en&order=title",
    "list, within two hours": "published_from=2026-01-01T10:00:00Z&published_to=2026-01-01T12:00:00Z",
    "list, since long ago": "published_from=2025-01-01T10:00:00Z&order=published_at",
    "list, archive items of a year": "type=archive-item&year=2019",
    "list, archive items of a kind": "kind=project&order=-year",
    "list, activities of a while": "starts_from={today}&starts_to={in_two_months}&order=starts_at",
    "list, coming activities": "type=activity&when=coming&order=starts_at",
    "list, coming activities of a theme": "type=activity&when=coming&theme=data&locale=en&order=starts_at",
    "list, past activities": "type=activity&when=past&order=-starts_at",
    "search, a common word": "q=partners",
    "search, a word and a number": "q=page+77",
}
FEEDS = {
    **{f"feed.{word}": f"feed.{word}?locale=en" for word in ("json", "rss", "atom")},
    "feed.rss, a theme": "feed.rss?locale=en&theme=power",
    "feed.rss, a tag": "feed.rss?locale=en&tag=tag-3",
    "feed.rss, issues": "feed.rss?locale=nl&type=issue",
    "feed.ics": "feed.ics?locale=en&limit=20",
    "feed.ics, a theme": "feed.ics?locale=en&theme=data&limit=5",
}
NOT_PROMISED = ("search",)


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The medians of one address, in milliseconds: the whole answer, and the database's share of it."""

    whole: float
    sql: float


@dataclass(frozen=True, kw_only=True)
class Size:
    """A database with a given number of pages, and the addresses to request from it, by name."""

    database: str
    asked: Mapping[str, str]


def main() -> None:
    arguments = _arguments()
    if "DATABASE_URL" not in os.environ:
        raise SystemExit("Run it as `.ci/with-postgres python -m bench.many_pages`: it needs a database of its own.")
    os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from bench.measure import Server

    if connection.introspection.table_names():
        raise SystemExit("The database is not empty: this writes 50,000 pages into a database of its own.")
    print("Making the tables …", flush=True)
    call_command("migrate", verbosity=0)
    from bench.growing import Garden

    garden, server = Garden(), Server()
    print(f"Growing the site to {FEW:,} pages …", flush=True)
    garden.grow(to=FEW)
    sizes = [Size(database=copy_database(), asked=addresses(garden, server))]
    print(f"Growing the site to {arguments.pages:,} pages …", flush=True)
    garden.grow(to=arguments.pages)
    sizes.append(Size(database=connection.settings_dict["NAME"], asked=addresses(garden, server)))
    print(f"Requesting {len(sizes[0].asked)} addresses, {RUNS} times each …", flush=True)
    timings = {name: measure(server, sizes, name=name) for name in sizes[0].asked}
    growing = report(timings, pages=arguments.pages)
    for name in growing if arguments.explain else ():
        explain(server, name=name, address=sizes[-1].asked[name])


def copy_database() -> str:
    """Copy the database as it is and return the copy's name, so that requests to both sizes can take turns."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:  # noqa: SLF001 - nobody may be connected to what is copied
        cursor.execute(f'CREATE DATABASE "{name}_few" TEMPLATE "{name}"')
    return f"{name}_few"


def use(database: str) -> None:
    """Let the next queries go to this database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database


def addresses(garden: Garden, server: Server) -> dict[str, str]:
    """Return the addresses to request, by name; all exist with few pages too, so that answers are of the same size."""
    from bench.letters import LATEST_ISSUE, SLUG

    page = server.get(f"/api/v1/pages/{garden.article}").json()
    today = datetime.now(UTC).date()
    times = {"today": today, "in_two_months": today + timedelta(days=60)}
    letters = f"newsletters/{SLUG}"
    asked = {
        "site": "site",
        "detail": f"pages/{garden.article}",
        "resolve, page": f"resolve?path={page['path']}",
        "resolve, redirect": "resolve?path=/en/old/",
        "resolve, gone": "resolve?path=/en/gone/",
        "resolve, nothing there": "resolve?path=/en/themes/nothing/here/",
        **{name: f"pages?{query.format(**times)}" for name, query in LISTS.items()},
        "list, one parent": f"pages?parent={garden.parent}",
        "list, deepest offset": f"pages?offset={_deepest_offset(server)}",
        "sitemap of 100": "sitemap?limit=100",
        **FEEDS,
        "newsletters": "newsletters",
        "newsletter": letters,
        "issues": f"{letters}/issues",
        "issue": f"{letters}/issues/{LATEST_ISSUE}",
    }
    return {name: f"/api/v1/{rest}" for name, rest in asked.items()}


def _deepest_offset(server: Server) -> int:
    """Return the highest offset that the API's description allows, or that leaves a full slice."""
    from wagtail.models import Page

    parameters = server.get("/api/v1/openapi.json").json()["paths"]["/api/v1/pages"]["get"]["parameters"]
    highest = next(int(each["schema"]["maximum"]) for each in parameters if each["name"] == "offset")
    return min(highest, Page.objects.filter(depth__gt=1).count() - 20)


def measure(server: Server, sizes: Sequence[Size], *, name: str) -> list[Timing]:
    """Return how long an answer takes whose body is not cached, with each size.

    They take turns, so that other work on the machine affects both.
    """
    times: list[list[tuple[float, float]]] = [[] for _ in sizes]
    for _ in range(RUNS):
        for size, found in zip(sizes, times, strict=True):
            use(size.database)
            found.append(_time(server, size.asked[name]))
    return [Timing(whole=median(each[0] for each in t), sql=median(each[1] for each in t)) for t in times]


def _time(server: Server, address: str) -> tuple[float, float]:
    import time

    server.ask(address)  # fills the caches of a new connection
    server.change()
    with _watched() as queries:
        start = time.perf_counter()
        server.ask(address)
        whole = (time.perf_counter() - start) * 1000
    return whole, sum(milliseconds for milliseconds, _ in queries)


def report(timings: Mapping[str, Sequence[Timing]], *, pages: int) -> list[str]:
    """Print a line per address and return the names of those that grow but should not."""
    growing = []
    print(f"\n{'':<36}{f'{FEW:,} pages':>20}{f'{pages:,} pages':>20}")
    print(f"{'milliseconds':<36}" + f"{'answer':>10}{'in SQL':>10}" * 2 + f"{'factor':>10}")
    for name, (before, after) in timings.items():
        grows = after.whole > FACTOR * before.whole and after.whole - before.whole > LEAST_MILLISECONDS
        remark = "" if not grows else "  (not promised)" if name.startswith(NOT_PROMISED) else "  ! grows"
        growing += [name] if grows else []
        columns = "".join(f"{each:>10.1f}" for each in (before.whole, before.sql, after.whole, after.sql))
        print(f"{name:<36}{columns}{after.whole / before.whole:>9.1f}×{remark}")
    return growing


def explain(server: Server, *, name: str, address: str) -> None:
    """Print the plan of the slowest query behind `address`."""
    from django.db import connection

    server.change()
    with _watched() as queries:
        server.ask(address)
    _, sql = max(queries)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace("%", "%%"))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    print(f"\n=== {name}: {address}\n{sql}\n\n{plan}", flush=True)


@contextmanager
def _watched() -> Iterator[list[tuple[float, str]]]:
    """Yield a list of the queries that run in this block, with their milliseconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found: list[tuple[float, str]] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found.extend((float(each["time"]) * 1000, each["sql"]) for each in captured.captured_queries)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=MANY, help="the larger of the two numbers of pages")
    parser.add_argument("--explain", action="store_true", help="show the query plan of each answer that grows")
    return parser.parse_args()


if __name__ == "__main__":
    main()
