"""Fill a database with a dispatch whose audience is frozen and that has sent nothing yet: prepare.py RECIPIENTS."""

from __future__ import annotations

import gc
import sys

import django


def prepare(recipients: int) -> None:
    """Make the tables, a hub, this many subscribers, and the dispatch."""
    from django.core.management import call_command

    from tests.newsletters.building import build_hub

    call_command("migrate", verbosity=0)
    hub = build_hub()
    hub.subscribe(*(f"reader{number}" for number in range(recipients)))
    hub.send()


if __name__ == "__main__":
    gc.disable()  # collecting garbage takes a third of the migrations' time
    django.setup()
    prepare(int(sys.argv[1]))
