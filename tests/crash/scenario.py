"""One scenario: send a dispatch while something is killed again and again; compare ledger, sink and command."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

from tests.crash.apps import CLOCK_POINTS, POINTS, REQUEST_POINTS, armed
from tests.crash.provider import ANSWER_POINT
from tests.crash.servers import ROOT, Postgres, ProviderSink, Redis, Sink, wait_until

PATIENCE_SECONDS = 60  # the longest time in which nothing may happen


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the scenario does. The workers of all `engines` share the dispatch; each engine has `workers` workers.

    With `piece`, mails are sent through a provider, this many in one request; without it, over SMTP.
    A database that `is_forgetful` has been told not to wait for its disk.
    An outage lasts `outage_seconds`; it leaves no mail uncertain as long as it is shorter than the workers' leases.
    """

    name: str
    engines: tuple[str, ...]
    workers: int
    disturb: str
    times: int
    clocks: int = 1
    outage_seconds: int = 6
    lease_seconds: int = 3
    piece: int = 0
    is_forgetful: bool = False

    @property
    def points(self) -> tuple[str, ...]:
        """The points at which workers can be made to die."""
        return (*POINTS, *REQUEST_POINTS) if self.piece else POINTS

    @property
    def is_on_sqlite(self) -> bool:
        """Whether it needs no PostgreSQL."""
        return self.name.startswith("sqlite") or self.disturb == "disk"


@dataclass(kw_only=True)
class Verdict:
    """The result of a scenario."""

    audience: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    went_out: int = 0  # of those that are uncertain
    most_uncertain: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    command: dict[str, Any] = field(default_factory=dict)
    not_reached: list[str] = field(default_factory=list)  # armed fault points

    @property
    def faults(self) -> list[str]:
        """Every violation of the rules, in words."""
        told = {state: self.command.get(state) for state in self.counts}
        tests = {
            f"{len(self.lost)} lost: {self.lost[:3]}": bool(self.lost),
            f"{len(self.twice)} twice: {self.twice[:3]}": bool(self.twice),
            f"{self.counts['uncertain']} uncertain, at most {self.most_uncertain} may be": (
                self.counts["uncertain"] > self.most_uncertain
            ),
            f"dispatch_status does not add up or is not done: {self.command}": (
                not self.command.get("adds_up") or self.command.get("status") != "finished"
            ),
            f"nothing died at {self.not_reached}": bool(self.not_reached),
            f"dispatch_status says {told}, the rows say {dict(self.counts)}": told != dict(self.counts),
        }
        return [words for words, is_so in tests.items() if is_so]


class Scenario:
    """A dispatch that is being sent, and what disturbs it."""

    def __init__(self, plan: Plan, *, seed: str, sink: Sink, postgres: Postgres | None, redis: Redis | None) -> None:
        self.plan, self.sink, self.postgres, self.redis = plan, sink, postgres, redis
        self.chance = random.Random(seed)
        self.place = Path(os.environ["CRASH_DIR"])
        self.crews: list[subprocess.Popen[bytes]] = []
        self.may_be_uncertain = 0
        self.by_fault_point = 0

    def run(self) -> Verdict:
        """Send, disturb, wait until the dispatch is finished, and judge."""
        from newsletters.models import Delivery

        audience = ask(Delivery.objects.count)
        disturb: Callable[[], None] = getattr(self, f"disturb_by_{self.plan.disturb}")
        moments = sorted(self.chance.sample(range(audience // 50, audience * 4 // 5), self.plan.times))
        if self.plan.disturb == "clock":
            self.leave_it_to_the_clocks()
        self.start()
        try:
            for moment in moments:
                self.wait_for_mails(moment)
                time.sleep(self.chance.uniform(0, 0.03))
                disturb()
            self.wait_until_done(audience)
        finally:
            self.dismiss()
        return self.judge()

    def start(self) -> None:
        self.sink.start()
        if self.redis:
            self.redis.start()
        log = (self.place / "workers.log").open("ab")
        for engine in self.plan.engines:
            command = [sys.executable, "-m", "tests.crash.crew", engine, str(self.plan.workers), str(self.plan.clocks)]
            backend = {"HUB_TASK_BACKEND": BACKENDS[engine]}
            self.crews.append(subprocess.Popen(command, env=os.environ | backend, cwd=ROOT, stderr=log, stdout=log))

    def leave_it_to_the_clocks(self) -> None:
        """Schedule the issue for now instead of sending it, and arm the points that kill a clock during its work."""
        from django.contrib.auth import get_user_model
        from django.utils import timezone

        from newsletters.models import Delivery, Dispatch, Schedule

        issue, now = Dispatch.objects.get().issue, timezone.now()
        Delivery.objects.all().delete()
        Dispatch.objects.all().delete()
        user = get_user_model().objects.get(username="approver")
        Schedule.objects.create(issue=issue, send_at=now, time_zone="UTC", created_by=user, created_at=now)
        for point in CLOCK_POINTS:
            armed(point).touch()

    def dismiss(self) -> None:
        """Let the crews end cleanly."""
        for crew in self.crews:
            crew.terminate()
        for crew in self.crews:
            crew.wait(timeout=60)

    def end(self) -> None:
        self.sink.stop()
        if self.redis:
            self.redis.stop()

    def wait_for_mails(self, count: int) -> None:
        """Wait until the sink has this many mails; raise TimeoutError if they stop coming."""
        last, ends = -1, 0.0
        while (now := len(self.sink.taken())) < count:
            if now > last:
                last, ends = now, time.monotonic() + PATIENCE_SECONDS
            if time.monotonic() > ends:
                raise TimeoutError(f"no mail for {PATIENCE_SECONDS} s, {now} of {count} came")
            time.sleep(0.02)

    def wait_until_done(self, audience: int) -> None:
        self.wait_for_mails(audience - self.may_be_uncertain - 1)
        wait_until(self.is_done, what="the dispatch to be finished", seconds=PATIENCE_SECONDS)

    def is_done(self) -> bool:
        """Say whether nothing waits any more."""
        from newsletters.models import Dispatch

        return bool(ask(lambda: Dispatch.objects.get().status) == Dispatch.Status.FINISHED)

    def disturb_by_kill(self) -> None:
        """Kill a worker, at once or at a fault point. One mail, or one piece, becomes uncertain."""
        self.may_be_uncertain += self.plan.piece or 1
        if self.chance.random() < 0.5:
            point = armed(self.chance.choice(self.plan.points))
            point.touch()
            wait_until(lambda: not point.exists() or self.is_done(), what=f"{point.name}", seconds=PATIENCE_SECONDS)
            self.by_fault_point += not point.exists()
            point.unlink(missing_ok=True)
        else:
            self.signal(signal.SIGKILL, post="worker")

    def disturb_by_clock(self) -> None:
        """Kill a clock; the other clock continues with its work."""
        self.signal(signal.SIGKILL, post="clock")

    def disturb_by_term(self) -> None:
        """Ask a worker to end: this leaves nothing uncertain."""
        self.signal(signal.SIGTERM, post="worker")

    def disturb_by_smtp(self) -> None:
        """Kill the SMTP server, with each worker's connection, and start it again."""
        self.may_be_uncertain += self.plan.workers * len(self.plan.engines)
        self.sink.stop()
        time.sleep(self.chance.uniform(0, 1))
        self.sink.start()

    def disturb_by_provider(self) -> None:
        """Kill the provider before it answers, and start it again: the same request is repeated with the same key."""
        armed(ANSWER_POINT).touch()
        wait_until(lambda: not self.sink.is_running(), what="the provider to die")
        self.by_fault_point += 1
        time.sleep(self.chance.uniform(0, 1))
        self.sink.start()

    def disturb_by_database(self) -> None:
        """Stop PostgreSQL, cleanly or as if it had crashed, and start it again."""
        assert self.postgres
        self.may_be_uncertain += self.plan.workers * len(self.plan.engines)
        self.postgres.stop(self.chance.choice(["immediate", "fast"]))
        time.sleep(self.chance.uniform(0, 2))
        self.postgres.start()

    def disturb_by_outage(self) -> None:
        """Stop PostgreSQL for longer: workers keep trying to record the answers they have, so nothing is uncertain."""
        assert self.postgres
        self.postgres.stop(self.chance.choice(["immediate", "fast"]))
        time.sleep(self.plan.outage_seconds)
        self.postgres.start()

    def disturb_by_disk(self) -> None:
        """Fill the database's disk until a worker has felt it for a while: this leaves nothing uncertain."""
        ballast, felt = self.place / "disk/ballast", self.times_disk_was_full()
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        wait_until(lambda: self.times_disk_was_full() > felt, what="a full disk to be felt")
        time.sleep(self.chance.uniform(0, 2))
        ballast.unlink()

    def times_disk_was_full(self) -> int:
        """Count how often the workers logged a full disk."""
        return (self.place / "workers.log").read_text().count("database or disk is full")

    def disturb_by_redis(self) -> None:
        """Kill Redis with all its data, and start it again: this leaves nothing uncertain."""
        assert self.redis
        self.redis.stop()
        time.sleep(self.chance.uniform(0, 1))
        self.redis.start()

    def signal(self, number: signal.Signals, *, post: str) -> None:
        """Send a signal to a process of this post. With RQ, signal the worker, its job's process, or both."""
        rosters = [json.loads(path.read_text()) for path in sorted(self.place.glob("crew-*.json"))]
        pids = [pid for roster in rosters for name, pid in sorted(roster.items()) if name.startswith(post)]
        if not pids:
            return
        pid = self.chance.choice(pids)
        family = [pid, *_children(pid)]
        for one in self.chance.sample(family, self.chance.randint(1, len(family))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, number)

    def judge(self) -> Verdict:
        """Compare the ledger with the mails that the sink accepted and with the command's output."""
        from newsletters.models import Delivery, Dispatch

        dispatch = Dispatch.objects.get()
        taken = Counter(self.sink.taken())
        verdict = Verdict(most_uncertain=self.may_be_uncertain)
        for delivery in Delivery.objects.select_related("dispatch").order_by("pk"):
            came = taken.pop(delivery.message_id, 0)
            verdict.audience += 1
            verdict.counts[delivery.status] += 1
            verdict.went_out += came if delivery.status == "uncertain" else 0
            words = f"{delivery.message_id} {delivery.status}, came {came} times"
            if came > 1:
                verdict.twice.append(words)
            if delivery.status not in {"accepted", "uncertain"} or (delivery.status == "accepted" and not came):
                verdict.lost.append(words)
        verdict.twice += [f"{stray} belongs to no delivery" for stray in taken]
        command = [sys.executable, "manage.py", "dispatch_status", str(dispatch.issue_id), "--json"]
        told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        verdict.command = json.loads(told.stdout or "{}")
        verdict.not_reached = [point for point in (*POINTS, *REQUEST_POINTS, *CLOCK_POINTS) if armed(point).exists()]
        return verdict


BACKENDS = {"db": "django_tasks_db.DatabaseBackend", "redis": "cms.background.redis_engine.RedisBackend"}


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def ask(question: Callable[[], Any]) -> Any:
    """Query the database, and try again if it cannot be reached just now."""
    from django.db import Error, connection

    for _try in range(60):
        try:
            return question()
        except Error:
            connection.close()
            time.sleep(1)
    return question()


def main() -> None:
    """Run the plan that the parent wrote into this process's environment and print one line."""
    asked = json.loads(os.environ["CRASH_PLAN"])
    plan = Plan(**asked["plan"])
    if plan.disturb == "disk":
        place = Path(os.environ["CRASH_DIR"])
        shutil.move(place / "db.sqlite3", place / "disk")
    django.setup()
    kind = ProviderSink if plan.piece else Sink
    sink = kind(Path(os.environ["CRASH_DIR"]) / "taken", port=int(os.environ["CRASH_SMTP_PORT"]))
    postgres = Postgres(Path(asked["postgres"])) if asked["postgres"] else None
    redis = Redis(int(os.environ["CRASH_REDIS_PORT"])) if "redis" in plan.engines else None
    scenario = Scenario(plan, seed=f"{asked['seed']}-{plan.name}", sink=sink, postgres=postgres, redis=redis)
    begun = time.monotonic()
    try:
        verdict = scenario.run()
    finally:
        scenario.end()
    counts = verdict.counts
    print(
        f"{plan.name:<16} {verdict.audience} recipients, {plan.times} times {plan.disturb} "
        f"({scenario.by_fault_point} at fault points): {counts['accepted']} accepted, "
        f"{counts['uncertain']} uncertain ({verdict.went_out} had gone out), {len(verdict.lost)} lost, "
        f"{len(verdict.twice)} twice, {time.monotonic() - begun:.0f} s",
        flush=True,
    )
    for fault in verdict.faults:
        print(f"{'':<16} FAULT: {fault}", flush=True)
    sys.exit(1 if verdict.faults else 0)


if __name__ == "__main__":
    main()
