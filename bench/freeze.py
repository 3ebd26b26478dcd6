"""How long freezing an audience takes, and what claiming and settling costs for each mail, with few and many rows.

    python -m bench.freeze                            100,000 people on SQLite
    .ci/with-postgres python -m bench.freeze          1,000,000 people on PostgreSQL

No mail is sent: only the ledger is measured. The database is thrown away afterwards.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletters.models import Dispatch
    from tests.newsletters.building import Hub

FEW = 1_000
THEMES = ("data", "power", "climate")
ROUNDS_OF_FEW = 5
CLAIMS = 10  # claims of CLAIM_SIZE deliveries, timed at the beginning and near the end


def main() -> None:
    on_postgres = "DATABASE_URL" in os.environ
    if on_postgres:
        os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    people = _arguments().people or (1_000_000 if on_postgres else 100_000)
    if connection.introspection.table_names():
        raise SystemExit("The database is not empty: this writes a crowd into a database of its own.")
    print("Making the tables …", flush=True)
    call_command("migrate", verbosity=0)
    from tests.newsletters.building import build_hub

    hub = build_hub()
    measure(hub, people=FEW)  # one-off work of a worker counts for neither
    few = _medians([measure(hub, people=FEW) for _ in range(ROUNDS_OF_FEW)])
    many = measure(hub, people=people)
    report(few, many, engine=connection.display_name, most_seconds=60 if on_postgres else 5)


def measure(hub: Hub, *, people: int) -> dict[str, Any]:
    """Send to this many people; return what it cost. The people of an earlier measurement are deleted first."""
    from django.utils import timezone

    from newsletters.audience.queries import variants
    from newsletters.models import Delivery, Dispatch
    from newsletters.sending import ledger
    from newsletters.sending.ledger.status import ledger_status

    print(f"{people:,} people …", flush=True)
    _clear()
    subscribe(hub, people=people)
    _analyze()
    found: dict[str, Any] = {"people": people}
    found["variants"], _ = timed(lambda: variants(hub.newsletter))
    before = _megabytes()
    found["freeze"], dispatch = timed(hub.send)
    found["megabytes"] = _megabytes() - before
    found["first"] = per_mail(dispatch, clock=timezone.now)
    # As if all but the last tenth had been sent: in the states that sending leaves.
    sendable = Delivery.objects.filter(dispatch=dispatch).exclude(status="excluded")
    place = sendable.count() * 9 // 10
    now, limit = timezone.now(), sendable.order_by("pk").values_list("pk", flat=True)[place : place + 1][0]
    sent = sendable.filter(pk__lt=limit)
    sent.update(status="accepted", attempts=1, first_tried_at=now, settled_at=now, worker="", leased_until=None)
    _settle_down()
    found["late"] = per_mail(dispatch, clock=timezone.now)
    found["status"], status = timed(lambda: ledger_status(Dispatch.objects.get(pk=dispatch.pk)))
    if not status.adds_up:
        raise SystemExit("The states do not add up to the audience.")
    ledger.cancel(dispatch, now=timezone.now())
    return found


def per_mail(dispatch: Dispatch, *, clock: Callable[[], datetime]) -> float:
    """Return the milliseconds that one delivery costs from claim to settling, with one commit for each step."""
    from newsletters.sending import ledger
    from newsletters.sending.transport.seam import Reply

    reply, count, start = Reply(code=250, text="2.0.0 taken"), 0, time.perf_counter()
    for _claim in range(CLAIMS if dispatch.audience > FEW else 1):
        keys = ledger.claim(dispatch, worker="bench", now=clock())
        taken = None
        for key in keys:
            if taken is None:
                ledger.put_in_flight(key, worker="bench", now=clock())
            else:
                ledger.step(taken, then=key, worker="bench", now=clock())
            taken = ledger.Accepted(key=key, reply=reply)
        if taken:
            ledger.accept(taken.key, worker="bench", reply=reply, now=clock())
        count += len(keys)
    return (time.perf_counter() - start) * 1000 / count


def subscribe(hub: Hub, *, people: int) -> None:
    """Make this many active subscribers, spread over both languages and eight sets of themes."""
    from itertools import combinations

    from newsletters.models import Subscriber, Subscription, ThemeSet

    sets = [
        ThemeSet.of([hub.themes[slug] for slug in chosen])
        for size in (1, 2, 3)
        for chosen in combinations(THEMES, size)
    ]
    for begin in range(0, people, 10_000):
        numbers = range(begin, min(begin + 10_000, people))
        made = Subscriber.objects.bulk_create(Subscriber(email=f"reader{n}@example.org") for n in numbers)
        Subscription.objects.bulk_create(
            Subscription(
                subscriber=person,
                newsletter=hub.newsletter,
                locale=hub.locales["en" if index % 3 else "nl"],
                theme_set=sets[index % len(sets)],
                status=Subscription.Status.ACTIVE,
                status_changed_at=hub.now,
            )
            for index, person in enumerate(made)
        )


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds `act` takes, and what it returns."""
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def report(few: dict[str, Any], many: dict[str, Any], *, engine: str, most_seconds: int) -> None:
    """Print both columns and the ratios."""
    print(f"\n{engine}{'':<30}{few['people']:>12,}{many['people']:>12,}   promised")
    print(f"{'freeze, seconds':<40}{few['freeze']:>8.2f}{many['freeze']:>12.2f}   under {most_seconds}")
    print(f"{'  memory that it adds, MB':<40}{few['megabytes']:>8.0f}{many['megabytes']:>12.0f}")
    print(f"{'count the variants, ms':<40}{few['variants'] * 1000:>8.1f}{many['variants'] * 1000:>12.1f}")
    print(f"{'count all states, ms':<40}{few['status'] * 1000:>8.1f}{many['status'] * 1000:>12.1f}")
    for name, words in (("first", "claim and settle, ms a mail, at first"), ("late", "the same, nine tenths are sent")):
        ratio = many[name] / few[name]
        print(f"{words:<40}{few[name]:>8.3f}{many[name]:>12.3f}   {ratio:.2f} times as much; the same is promised")


def _medians(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def _clear() -> None:
    from django.db import connection

    from newsletters.models import Delivery, Dispatch, Subscriber, Subscription

    with connection.cursor() as cursor:
        for model in (Delivery, Subscription):
            cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - Django documents `_meta`
    Dispatch.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {Subscriber._meta.db_table}")  # noqa: S608 - Django documents `_meta`


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _settle_down() -> None:
    """Let the database clean up after one huge update; during a real dispatch it has done so long before this point."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT" if connection.vendor == "postgresql" else "PRAGMA wal_checkpoint(TRUNCATE)")


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, help="the larger of the two audiences")
    return parser.parse_args()


if __name__ == "__main__":
    main()
