"""How long staff wait for a page of the list of readers: the first, a deep one, a search, each filter, three together.

    .ci/with-postgres python -m bench.audience_list       1,000,000 people on PostgreSQL

A page is the whole answer to a request of somebody who is logged in. The database is thrown away afterwards.
"""

from __future__ import annotations

import argparse
import os
import time
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletters.models import Segment
    from tests.newsletters.building import Hub

MOST_MILLISECONDS = 300
RUNS = 5
NAMES = ("ann", "bob", "cem", "dora", "eva", "finn", "gijs", "hana")
THEMES = ("data", "power", "climate")

# One in thirty has ended, one in a thousand bounces, one in 50,000 complained; they subscribed over six years. Who
# ended is erased after 28 days.
PEOPLE = """
INSERT INTO hub_newsletters_subscriber (public_id, email, mailbox, first_name, created_at)
SELECT gen_random_uuid(), mailbox, mailbox, first_name, now() - (%(people)s - n) * interval '3 minutes'
FROM (SELECT n, (%(names)s::text[])[1 + n %% 8] || '.' || n || '@example.org' AS mailbox,
             initcap((%(names)s::text[])[1 + n %% 8]) AS first_name
      FROM generate_series(1, %(people)s) AS n) AS made
"""
SUBSCRIPTIONS = """
INSERT INTO hub_newsletters_subscription
    (subscriber_id, newsletter_id, locale_id, theme_set_id, basis, status, status_changed_at, heard_at,
     paused_until)
SELECT id, %(newsletter)s, (%(locales)s::bigint[])[1 + id * 7 %% 3], (%(sets)s::bigint[])[1 + id * 11 %% 7], 'consent',
       CASE WHEN id %% 30 = 0 THEN 'ended' WHEN id %% 1000 = 1 THEN 'bounced'
            WHEN id %% 50000 = 2 THEN 'complained' ELSE 'active' END,
       CASE WHEN id %% 30 = 0 THEN now() - id %% 28 * interval '1 day' ELSE created_at END, created_at,
       CASE WHEN id %% 2000 = 4 THEN current_date + 9 END
FROM hub_newsletters_subscriber
"""
EVENTS = """
INSERT INTO hub_newsletters_consentevent
    (subscription_id, kind, source, language, wording, statement_url, statement_version, themes, message_id, reply,
    note, basis, at)
SELECT id, kind,
       CASE WHEN kind = 'confirmed' THEN 'confirmation page' WHEN id %% 20000 = 9 THEN 'admin'
            WHEN id %% 3 = 0 THEN 'api' ELSE 'sign-up page' END,
       'en', 'Send me the letter each month.', '', '', 'data', '<x@example.org>', '250 ok', '', '', status_changed_at
FROM hub_newsletters_subscription, (VALUES ('requested'), ('confirmed')) AS kinds (kind) WHERE %(people)s > 0
"""
# The last issue was accepted for all who read: those who subscribed over three years ago sleep.
DELIVERIES = """
INSERT INTO hub_newsletters_delivery
    (dispatch_id, issue_id, subscription_id, edition_id, status, reason, settled_at, attempts, worker, reply,
    first_tried_at)
SELECT %(dispatch)s, %(issue)s, id, %(edition)s, 'accepted', '', now(), 1, '', '250 2.0.0 accepted', now()
FROM hub_newsletters_subscription WHERE status = 'active'
"""


def main() -> None:
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        raise SystemExit("This measures PostgreSQL: .ci/with-postgres python -m bench.audience_list")
    os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    if connection.introspection.table_names():
        raise SystemExit("The database is not empty: this writes a crowd into a database of its own.")
    people = _arguments().people
    print(f"Making {people:,} people …", flush=True)
    call_command("migrate", verbosity=0)
    from tests.newsletters.building import build_hub

    hub = build_hub()
    subscribe(hub, people=people)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    report(measure(hub), people=people)


def subscribe(hub: Hub, *, people: int) -> None:
    """Make the crowd with a few statements."""
    from django.db import connection

    from newsletters.models import Edition, Subscriber, ThemeSet

    hub.subscribe("first")
    dispatch = hub.send()
    Subscriber.objects.all().delete()
    chosen = [combination for size in (1, 2, 3) for combination in combinations(THEMES, size)]
    values: dict[str, Any] = {
        "people": people,
        "names": list(NAMES),
        "newsletter": hub.newsletter.pk,
        "locales": [hub.locales[language].pk for language in ("nl", "en", "en")],
        "dispatch": dispatch.pk,
        "issue": dispatch.issue_id,
        "edition": Edition.objects.filter(dispatch=dispatch).values_list("pk", flat=True)[0],
        "sets": [ThemeSet.of([hub.themes[slug] for slug in slugs]).pk for slugs in chosen],
    }
    with connection.cursor() as cursor:
        for statement in (PEOPLE, SUBSCRIPTIONS, EVENTS, DELIVERIES):
            cursor.execute(statement, values)


def measure(hub: Hub) -> dict[str, tuple[float, float]]:
    """Return the milliseconds of each page, and those in its queries: the medians of RUNS."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    client = Client(SERVER_NAME="hub.test")
    client.force_login(hub.users["administrator"])
    index = reverse("subscriptions:index")
    client.get(index)  # templates are loaded, and the look is noted in the audit log
    found = {}
    for name, query in _queries(hub).items():
        pages, queries = [], []
        for _run in range(RUNS):
            with CaptureQueriesContext(connection) as asked:
                start = time.perf_counter()
                answer = client.get(index + query)
                pages.append((time.perf_counter() - start) * 1000)
            queries.append(sum(float(query["time"]) for query in asked.captured_queries) * 1000)
            assert answer.status_code == 200, answer  # noqa: S101
        found[name] = (median(pages), median(queries))
    return found


def _queries(hub: Hub) -> dict[str, str]:
    from newsletters.models import Subscriber

    middle = Subscriber.objects.order_by("pk").values_list("pk", flat=True)[0] + Subscriber.objects.count() // 2
    nl, power, newsletter = hub.locales["nl"].pk, hub.themes["power"].pk, hub.newsletter.pk
    states = ("active", "paused", "ended", "bounced", "complained", "set_aside", "sleeping", "erased_soon")
    return {
        "everybody": "",
        "everybody, in the middle": f"?older={middle}",
        "a whole address": "?q=ann.40000@example.org",
        "an address that nobody has": "?q=zoe@example.org",
        "the beginning of an address": "?q=dora.5000",
        "a first name": "?q=Eva",
        "a name that nobody has": "?q=zz",
        "newsletter": f"?newsletter={newsletter}",
        "language": f"?language={nl}",
        "language, in the middle": f"?language={nl}&older={middle}",
        "theme": f"?theme={power}",
        "theme, in the middle": f"?theme={power}&older={middle}",
        **{f"state: {state}": f"?state={state}" for state in states},
        "source: website": "?source=api",
        "source: staff": "?source=admin",
        "since, the last days": f"?since={hub.now.date()}",
        "until, years ago": "?until=2001-01-01",
        **{f"segment: {segment.name}": f"?segment={segment.pk}" for segment in _segments(hub)},
        "newsletter, language, state": f"?newsletter={newsletter}&language={nl}&state=ended",
        "language, theme, complained": f"?language={nl}&theme={power}&state=complained",
        "theme, bounced, staff": f"?theme={power}&state=bounced&source=admin",
        "name, language, state": f"?q=Eva&language={nl}&state=bounced",
    }


def _segments(hub: Hub) -> list[Segment]:
    from newsletters.models import Segment

    conditions = {
        "Dutch": [{"kind": "language", "values": {"languages": ["nl"]}}],
        "sleeping": [{"kind": "sleeping", "values": {"sleeping": "yes"}}],
        "a domain of nobody": [{"kind": "mail_domain", "values": {"domains": "nobody.example"}}],
    }
    return [
        Segment.objects.create(newsletter=hub.newsletter, name=name, conditions=rows)
        for name, rows in conditions.items()
    ]


def report(found: dict[str, tuple[float, float]], *, people: int) -> None:
    """Print the milliseconds, and those in queries; mark what is slower than it may be."""
    print(
        f"\n{f'{people:,} readers, page of the list':<40}{'ms':>8}{'queries':>10}   promised: under {MOST_MILLISECONDS}"
    )
    for name, (page, queries) in found.items():
        mark = "   slower than promised" if page > MOST_MILLISECONDS else ""
        print(f"{name:<40}{page:>8.0f}{queries:>10.0f}{mark}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000, help="how many readers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
