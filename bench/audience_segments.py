"""How long it takes to count a segment of a large audience: each kind of condition, and three conditions together.

    .ci/with-postgres python -m bench.audience_segments [--people 1000000]

PostgreSQL only. Every reader has a consent event and a delivery of each of the last three issues; three in four have
answered four own fields. The database is thrown away afterwards.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.freeze import timed

if TYPE_CHECKING:
    from newsletters.models import Condition
    from tests.newsletters.building import Hub

MOST_MILLISECONDS = 300
ROUNDS = 7
ISSUES = 3

PEOPLE = """
INSERT INTO hub_newsletters_subscriber (public_id, email, mailbox, first_name, created_at)
SELECT gen_random_uuid(), address, address, CASE WHEN n %% 3 = 0 THEN '' ELSE 'Sam' END, %(now)s
FROM (SELECT n, 'reader' || n || '@' || CASE WHEN n %% 5 = 0 THEN 'mail.example' ELSE 'd' || n %% 4000 || '.example' END
    AS address FROM generate_series(1, %(people)s) AS n) AS made
"""
SUBSCRIPTIONS = """
INSERT INTO hub_newsletters_subscription
    (subscriber_id, newsletter_id, locale_id, theme_set_id, basis, status, status_changed_at, heard_at)
SELECT id, %(newsletter)s, CASE WHEN id %% 3 = 0 THEN %(nl)s ELSE %(en)s END,
    (%(sets)s)[1 + id %% array_length(%(sets)s, 1)], 'consent', CASE WHEN id %% 20 = 0 THEN 'ended' ELSE 'active' END,
    %(now)s - (id * 7919 %% 1000) * interval '1 day', %(now)s - (id * 7919 %% 1500) * interval '1 day'
FROM hub_newsletters_subscriber
"""
EVENTS = """
INSERT INTO hub_newsletters_consentevent
    (subscription_id, kind, source, language, wording, statement_url, statement_version, themes, message_id, reply,
    note, basis, at)
SELECT id, 'requested', CASE WHEN id %% 4 = 0 THEN 'admin' ELSE 'sign-up page' END, 'en',
    'Send me the letter each month.', '', '', 'data', '', '', '', '', status_changed_at
FROM hub_newsletters_subscription
"""
DELIVERIES = """
INSERT INTO hub_newsletters_delivery
    (dispatch_id, issue_id, subscription_id, edition_id, status, reason, settled_at, attempts, worker, reply,
    first_tried_at)
SELECT %(dispatch)s, %(issue)s, id, %(edition)s, 'accepted', '', %(now)s, 1, '', '250 2.0.0 accepted', %(now)s
FROM hub_newsletters_subscription WHERE (id + %(dispatch)s) %% 10 > 0
"""
ANSWERS = """
INSERT INTO hub_newsletters_ownvalue (subscriber_id, own_field_id, value)
SELECT person.id, field.id, CASE field.kind WHEN 'date' THEN to_char(date '2015-01-01' + (person.id %% 3650)::int,
    'YYYY-MM-DD') WHEN 'yes_no' THEN CASE WHEN person.id %% 2 = 0 THEN 'yes' ELSE 'no' END
    WHEN 'choice' THEN 'choice_' || person.id %% 5 ELSE 'Organisation ' || person.id %% 4000 END
FROM hub_newsletters_subscriber AS person, hub_newsletters_ownfield AS field WHERE person.id %% 4 > 0
"""


def main() -> None:
    if "DATABASE_URL" not in os.environ:
        raise SystemExit("This needs PostgreSQL: .ci/with-postgres python -m bench.audience_segments")
    os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--explain", action="store_true", help="show the query plans")
    arguments = parser.parse_args()
    if connection.introspection.table_names():
        raise SystemExit("The database is not empty: this writes a crowd into a database of its own.")
    print("Making the tables and the readers …", flush=True)
    call_command("migrate", verbosity=0)
    from tests.newsletters.building import build_hub

    hub = build_hub()
    fill(hub, people=arguments.people)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    report(hub, explain=arguments.explain)


def fill(hub: Hub, *, people: int) -> None:
    """Make this many readers, with a consent event, three issues and answers each."""
    from itertools import combinations

    from django.db import connection
    from django.utils import timezone

    from newsletters.models import Dispatch, OwnField, OwnFieldChoice, ThemeSet

    now = timezone.now()
    sets = [
        ThemeSet.of([hub.themes[slug] for slug in chosen]).pk
        for n in (1, 2, 3)
        for chosen in combinations(hub.themes, n)
    ]
    for kind in OwnField.Kind.values:
        own_field = OwnField.objects.create(key=f"a_{kind}", kind=kind)
        if kind == OwnField.Kind.CHOICE:
            OwnFieldChoice.objects.bulk_create(OwnFieldChoice(own_field=own_field, key=f"choice_{n}") for n in range(5))
    hub.subscribe("first")
    dispatches = [hub.send()]
    Dispatch.objects.update(status="finished", finished_at=now)
    for number in range(1, ISSUES):
        dispatches.append(hub.send_one_more(f"Article {number}"))
        Dispatch.objects.update(status="finished", finished_at=now)
    values: dict[str, Any] = {"people": people, "now": now, "newsletter": hub.newsletter.pk, "sets": sets}
    values |= {code: locale.pk for code, locale in hub.locales.items()}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE hub_newsletters_subscriber CASCADE")
        for statement in (PEOPLE, SUBSCRIPTIONS, EVENTS, ANSWERS):
            cursor.execute(statement, values)
        for dispatch in dispatches:
            keys = {
                "dispatch": dispatch.pk,
                "issue": dispatch.issue_id,
                "edition": dispatch.editions.values_list("pk", flat=True)[0],
            }
            cursor.execute(DELIVERIES, values | keys)


def segments(now: datetime) -> dict[str, tuple[Condition, ...]]:
    """Return what is counted: each kind alone, then three conditions together."""
    from newsletters.models import Condition

    month_ago = f"{now - timedelta(days=300):%Y-%m-%d}"
    kinds: dict[str, tuple[str, dict[str, object]]] = {
        "language": ("language", {"languages": ["nl"]}),
        "themes": ("themes", {"themes": ["data", "power"]}),
        "subscribed since": ("subscribed", {"when": "since", "day": month_ago}),
        "subscribed before": ("subscribed", {"when": "before", "day": month_ago}),
        "source of the consent": ("source", {"sources": ["admin"]}),
        "was sent the last issue": ("sent", {"which": "every", "issues": 1}),
        "was not sent the last issue": ("sent", {"which": "none", "issues": 1}),
        "was sent all of three issues": ("sent", {"which": "every", "issues": 3}),
        "was sent none of three issues": ("sent", {"which": "none", "issues": 3}),
        "sleeping": ("sleeping", {"sleeping": "yes"}),
        "not sleeping": ("sleeping", {"sleeping": "no"}),
        "first name known": ("first_name", {"first_name": "known"}),
        "first name not known": ("first_name", {"first_name": "unknown"}),
        "large mail domain": ("mail_domain", {"domains": "mail.example"}),
        "small mail domain": ("mail_domain", {"domains": "d7.example"}),
        "own text": ("own-a_text", {"how": "is", "answer": "Organisation 7"}),
        "own choice": ("own-a_choice", {"how": "is", "answers": ["choice_1"]}),
        "not an own choice, or unknown": ("own-a_choice", {"how": "is_not", "answers": ["choice_1"]}),
        "own date before": ("own-a_date", {"how": "before", "day": "2020-01-01"}),
        "own field answered yes": ("own-a_yes_no", {"how": "yes"}),
        "own field not answered": ("own-a_text", {"how": "unknown"}),
    }
    found: dict[str, tuple[Condition, ...]] = {
        name: (Condition(kind=kind, values=values),) for name, (kind, values) in kinds.items()
    }
    found["language, themes and day"] = found["language"] + found["themes"] + found["subscribed since"]
    found["themes, name and domain"] = found["themes"] + found["first name known"] + found["large mail domain"]
    found["language, source and last issue"] = (
        found["language"] + found["source of the consent"] + found["was not sent the last issue"]
    )
    return found


def report(hub: Hub, *, explain: bool) -> None:
    """Print the median of each count beside the limit."""
    from newsletters.audience.queries import audience, estimated_count, variants
    from newsletters.models import FrozenSegment, Recipients

    def frozen(key: int, conditions: tuple[Condition, ...], match: str = "all") -> FrozenSegment:
        return FrozenSegment(key=key, newsletter=hub.newsletter.pk, name="", match=match, conditions=conditions)

    chosen = segments(hub.now)
    print(f"\n{'ms':<46}{'readers':>10}{'count':>8}{'processor':>11}{'about':>10}{'estimate':>10}")
    _line("everybody", lambda: audience(hub.newsletter).count())
    _line("the variants, without a segment", lambda: sum(row.people for row in variants(hub.newsletter)))
    for match in ("all", "any"):
        for key, (name, conditions) in enumerate(chosen.items()):
            if match == "any" and len(conditions) == 1:
                continue
            segment = frozen(key, conditions, match)
            people = audience(hub.newsletter, to=Recipients(send_to=segment))
            estimate = partial(estimated_count, hub.newsletter, segment)
            _line(name if match == "all" else f"{name}: any of these", people.count, estimate)
            if explain:
                print(people.explain(analyze=True))


def _line(name: str, count: Callable[[], int], estimate: Callable[[], int] | None = None) -> None:
    people, spent = _median(count)
    alone = _processor_milliseconds(count)
    print(f"{name:<46}{people:>10,}{spent:>8.0f}{alone:>11.0f}", end="", flush=True)
    if estimate:
        about, spent = _median(estimate)
        print(f"{about:>10,}{spent:>10.0f}", end="")
    print(f"   over {MOST_MILLISECONDS}" if spent > MOST_MILLISECONDS else "", flush=True)


def _median(count: Callable[[], int]) -> tuple[int, float]:
    """Return the number, and the milliseconds until it is there."""
    rounds = [timed(count) for _ in range(ROUNDS)]
    return rounds[0][1], median(seconds for seconds, _people in rounds) * 1000


def _processor_milliseconds(count: Callable[[], int]) -> float:
    """Return the processor time that one server process takes for it, which other programs do not change."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        clock = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        before = int(clock.read_text().split()[0])
        count()
        spent = int(clock.read_text().split()[0]) - before
        cursor.execute("RESET max_parallel_workers_per_gather")
    return spent / 1_000_000


if __name__ == "__main__":
    main()
