"""Run the scenarios, each on a copy of a database that was filled once, and report how each ended."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.crash.scenario import Plan
from tests.crash.servers import ROOT, Postgres, Redis, free_port

# redis-kill covers kills on PostgreSQL over SMTP, and provider-kill those with the database's own engine;
# `forgetful` is a harder version of `database`.
SHORT = ("sqlite-kill", "provider-kill", "redis-kill", "redis-term", "forgetful", "outage", "disk-full", "clocks")
# Mounts a file system of this many megabytes that only the command sees: ON_OWN_DISK MEGABYTES FOLDER COMMAND …
ON_OWN_DISK = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
ON_OWN_DISK += ['mount -t tmpfs -o "size=$1m" tmpfs "$2"; shift 2; exec "$@"', "sh"]


def plans(times: int) -> list[Plan]:
    """Return all scenarios; servers are stopped less often than workers, because that stops all workers each time."""
    few = max(2, times // 8)
    minute, moment = (60, 180), (4, 30)
    outage_seconds, lease_seconds = minute if times >= 50 else moment
    return [
        Plan(name="sqlite-kill", engines=("db",), workers=1, disturb="kill", times=times),
        Plan(name="sqlite-term", engines=("db",), workers=1, disturb="term", times=times),
        Plan(name="postgres-kill", engines=("db",), workers=3, disturb="kill", times=times),
        Plan(name="postgres-term", engines=("db",), workers=3, disturb="term", times=times),
        Plan(name="redis-kill", engines=("redis",), workers=3, disturb="kill", times=times),
        Plan(name="redis-term", engines=("redis",), workers=3, disturb="term", times=times),
        Plan(name="both-kill", engines=("db", "redis"), workers=2, disturb="kill", times=times),
        Plan(name="provider-kill", engines=("db",), workers=3, disturb="kill", times=times, piece=7),
        Plan(name="provider-term", engines=("db",), workers=3, disturb="term", times=times, piece=7),
        Plan(name="provider", engines=("db",), workers=3, disturb="provider", times=few, piece=7),
        Plan(name="redis", engines=("redis",), workers=3, disturb="redis", times=few),
        Plan(name="smtp", engines=("db",), workers=3, disturb="smtp", times=few),
        Plan(name="database", engines=("db",), workers=3, disturb="database", times=few),
        Plan(name="forgetful", engines=("db",), workers=3, disturb="database", times=few, is_forgetful=True),
        Plan(
            name="outage",
            engines=("db",),
            workers=3,
            disturb="outage",
            times=1,
            outage_seconds=outage_seconds,
            lease_seconds=lease_seconds,
        ),
        Plan(name="clocks", engines=("db",), workers=3, clocks=2, disturb="clock", times=times),
        Plan(name="disk-full", engines=("db",), workers=1, disturb="disk", times=few, lease_seconds=30),
    ]


class Bench:
    """The place where the scenarios run: a folder, a PostgreSQL if there is one, and databases filled once."""

    def __init__(self, place: Path, *, recipients: int, seed: str) -> None:
        self.place, self.recipients, self.seed = place, recipients, seed
        self.postgres = Postgres(place / "postgres") if Postgres.programs() else None
        self.is_filled: set[str] = set()

    def run(self, plan: Plan) -> bool | None:
        """Run one scenario; return whether all was well, None if a server is missing."""
        needs_postgres = not plan.is_on_sqlite
        if plan.disturb == "disk" and not _can_mount():
            print(f"{plan.name:<16} SKIPPED: no disk can be mounted here (unshare, mount)", flush=True)
            return None
        if needs_postgres and self.postgres is None:
            print(f"{plan.name:<16} SKIPPED: there is no PostgreSQL here (Debian's package postgresql)", flush=True)
            return None
        if "redis" in plan.engines and not Redis.is_here():
            print(f"{plan.name:<16} SKIPPED: there is no Redis here (Debian's package redis-server)", flush=True)
            return None
        place = self.place / plan.name
        place.mkdir()
        asked = {"plan": dataclasses.asdict(plan), "seed": self.seed}
        asked["postgres"] = str(self.postgres.place) if self.postgres and needs_postgres else ""
        url = self._postgres_copy(plan) if needs_postgres else self._sqlite_copy(place)
        environment = {"CRASH_DIR": str(place), "DATABASE_URL": url, "CRASH_PLAN": json.dumps(asked)}
        environment["CRASH_LEASE_SECONDS"] = str(plan.lease_seconds)
        environment["CRASH_PIECE"] = str(plan.piece)
        around = []
        if plan.disturb == "disk":
            around, environment["DATABASE_URL"] = self._own_disk(place), f"sqlite:///{place}/disk/db.sqlite3"
        done = self._python("-m", "tests.crash.scenario", around=around, **environment)
        if done:
            print(f"{'':<16} see {place}/workers.log", flush=True)
        return done == 0

    def _sqlite_copy(self, place: Path) -> str:
        filled = self.place / "filled.sqlite3"
        self._fill(f"sqlite:///{filled}")
        return f"sqlite:///{shutil.copy(filled, place / 'db.sqlite3')}"

    def _own_disk(self, place: Path) -> list[str]:
        """Return the command that gives the scenario a small disk at `place`/disk, to which it moves its database."""
        disk = place / "disk"
        disk.mkdir()
        megabytes = 64 + 2 * (place / "db.sqlite3").stat().st_size // 2**20
        return [*ON_OWN_DISK, str(megabytes), str(disk)]

    def _postgres_copy(self, plan: Plan) -> str:
        assert self.postgres
        if not self.postgres.place.exists():
            self.postgres.create()
            self._fill(self.postgres.add("filled"))
        url = self.postgres.add(plan.name, like="filled")
        if plan.is_forgetful:
            self.postgres.make_forgetful(plan.name)
        return url

    def _fill(self, url: str) -> None:
        if url not in self.is_filled:
            self.is_filled.add(url)
            if self._python("-m", "tests.crash.prepare", str(self.recipients), DATABASE_URL=url):
                sys.exit(f"{url} could not be filled.")

    def _python(self, *arguments: str, around: list[str] | None = None, **environment: str) -> int:
        settings = {"DJANGO_SETTINGS_MODULE": "tests.crash.settings", "CRASH_SMTP_PORT": str(free_port())}
        settings |= {"CRASH_DIR": str(self.place), "LOG_LEVEL": "WARNING", "CRASH_REDIS_PORT": str(port := free_port())}
        settings |= {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}
        return subprocess.call(
            [*(around or []), sys.executable, *arguments], cwd=ROOT, env=os.environ | settings | environment
        )

    def clear(self, *, keep: bool) -> None:
        """Stop everything that runs, and delete all files unless they show a fault."""
        if self.postgres and self.postgres.place.exists():
            self.postgres.stop("fast")
        if not keep:
            shutil.rmtree(self.place)


def _can_mount() -> bool:
    """Say whether we can mount a disk, as root or in a user namespace."""
    with tempfile.TemporaryDirectory() as place, contextlib.suppress(FileNotFoundError):
        return subprocess.run([*ON_OWN_DISK, "1", place, "true"], capture_output=True, check=False).returncode == 0
    return False


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("scenarios", nargs="*", help=f"all by default: {' '.join(plan.name for plan in plans(50))}")
    parser.add_argument("--recipients", type=int, default=5000)
    parser.add_argument("--times", type=int, default=50, help="how many workers are killed")
    parser.add_argument("--short", action="store_true", help="what CI does: 300 recipients, 5 times, some scenarios")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="the random seed of an earlier run")
    options = parser.parse_args()
    if options.short:
        options.recipients, options.times = 300, 5
    wanted = options.scenarios or (SHORT if options.short else [plan.name for plan in plans(options.times)])
    print(
        f"The crash test, --seed {options.seed} --recipients {options.recipients} --times {options.times}", flush=True
    )
    place = Path(tempfile.mkdtemp(prefix="hub-crash-"))
    place.chmod(0o711)  # PostgreSQL runs as another user
    bench = Bench(place, recipients=options.recipients, seed=options.seed)
    ended: list[bool | None] = []
    try:
        ended += [bench.run(plan) for plan in plans(options.times) if plan.name in wanted]
    finally:
        bench.clear(keep=False in ended)
    skipped = f", {ended.count(None)} skipped" if None in ended else ""
    print(f"{ended.count(True)} passed, {ended.count(False)} failed{skipped}")
    return 1 if False in ended or True not in ended else 0


if __name__ == "__main__":
    sys.exit(main())
