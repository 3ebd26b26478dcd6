"""Whether the time of the answer to a sign-up tells who is subscribed: no test should tell the groups apart.

    python -m bench.sign_up_answers                   on SQLite
    .ci/with-postgres python -m bench.sign_up_answers on PostgreSQL

Each group is asked for in turns, over the form and over the API; the answer is timed without its mail, which a task
sends later. A p-value of a group says how often chance alone would make its median differ that much from that of
addresses that nobody knows (a permutation test): below 0.01 it is suspicious.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.newsletters.building import Hub

TRIES = 200
PERMUTATIONS = 2000
GROUPS = ("new", "pending", "active", "ended", "suppressed")
API = "/api/v1/newsletters/letter/subscriptions"
PAGE = "/n/s/letter/en"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=TRIES, help="how many times each group is asked for")
    tries = parser.parse_args().tries
    if "DATABASE_URL" in os.environ:
        os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if connection.introspection.table_names():
        raise SystemExit("The database is not empty: this writes people into a database of its own.")
    print("Making the tables, and a person of each kind for each try …", flush=True)
    call_command("migrate", verbosity=0)
    from newsletters.conf import Conf
    from tests.newsletters.building import build_hub

    unlimited = dict.fromkeys(
        (name for name in Conf.__annotations__ if name.startswith("SIGN_UPS_PER_HOUR")),
        10**9,
    )
    settings.HUB_NEWSLETTERS |= unlimited
    hub = build_hub()
    make_people(hub, tries=tries)
    for way in ("form", "API"):
        report(way, ask_in_turns(hub, way=way, tries=tries))


def make_people(hub: Hub, *, tries: int) -> None:
    """Make one address for each try in each group but the first."""
    from newsletters.models import Subscription, Suppression

    for way in ("form", "api"):
        hub.subscribe(*(f"active.{way}.{number}" for number in range(tries)))
        hub.subscribe(*(f"ended.{way}.{number}" for number in range(tries)), status=Subscription.Status.ENDED)
        for number in range(tries):
            hub.ask(f"pending.{way}.{number}")
            address = f"suppressed.{way}.{number}@example.org"
            Suppression.add(address, reason=Suppression.Reason.ERASED, now=hub.now)


def ask_in_turns(hub: Hub, *, way: str, tries: int) -> dict[str, list[float]]:
    """Return the milliseconds of each answer, by group; the order within a turn is by chance."""
    from django.test import Client

    from tests.newsletters.audience.browsing import hidden_fields, old_stamp

    client, chance = Client(headers={"host": "hub.test"}), random.Random("sign-ups")
    form = hidden_fields(client.get(PAGE)) | {"stamp": old_stamp("letter")}
    times: dict[str, list[float]] = {group: [] for group in GROUPS}
    for number in range(-10, tries):  # the first ones warm up
        for group in chance.sample(GROUPS, len(GROUPS)):
            asked = {"email": f"{group}.{way.lower()}.{number}@example.org", "first_name": "", "language": "en"}
            start = time.perf_counter()
            if way == "API":
                answer = client.post(API, asked | {"themes": ["data"]}, content_type="application/json")
            else:
                answer = client.post(PAGE, form | asked | {"themes": [hub.themes["data"].pk]})
            spent = (time.perf_counter() - start) * 1000
            if answer.status_code not in (200, 202) or b"<form" in answer.content:
                raise SystemExit(f"The answer was {answer.status_code}.")
            if number >= 0:
                times[group].append(spent)
    return times


def report(way: str, times: dict[str, list[float]]) -> None:
    """Print the median of each group, and how likely its difference from the new addresses is by chance."""
    print(f"\n{way:12} median ms    p")
    for group in GROUPS:
        p = "" if group == GROUPS[0] else f"{p_value(times[GROUPS[0]], times[group]):.3f}"
        print(f"{group:12} {median(times[group]):9.2f}    {p}")


def p_value(some: list[float], others: list[float]) -> float:
    """Return the share of random divisions of all times whose medians differ at least as much."""
    chance, both = random.Random("permutations"), [*some, *others]
    observed = abs(median(some) - median(others))
    as_far = 0
    for _permutation in range(PERMUTATIONS):
        chance.shuffle(both)
        as_far += abs(median(both[: len(some)]) - median(both[len(some) :])) >= observed
    return (as_far + 1) / (PERMUTATIONS + 1)


if __name__ == "__main__":
    main()
