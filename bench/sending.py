"""How fast mails are sent with the ledger on: ours, Django's own backend and postfix's load generator.

All take turns to send mails of about 61 kB one by one over one connection: first to postfix's smtp-sink on
loopback, which this keeps busy, and then ours to a server that is far away and idle, with more and more workers.

    python -m bench.sending [--mails 2000] [--rounds 3]        on SQLite, compared with the others
    .ci/with-postgres python -m bench.sending                  on PostgreSQL too
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from demo.place import free_port

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
MOST_MEGABYTES = 250
FAR_MILLISECONDS = 3  # as to a relay in the same city

Act = Callable[[], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """Mails per second, the processor time that our workers use for one mail, and the memory of the largest worker."""

    rate: float
    processor_micros: int
    megabytes: int


class Engine:
    """A database with a dispatch in it."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.environ = name, os.environ | {"BENCH_DATABASE_URL": url}

    def start(self, act: str, *arguments: object) -> subprocess.Popen[str]:
        """Start a separate process that acts on this database."""
        command = [sys.executable, "-m", "bench.sending_worker", act, *map(str, arguments)]
        return subprocess.Popen(command, env=self.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, act: str, *arguments: object) -> dict[str, Any]:
        """Run such a process and return its result."""
        return _answer(self.start(act, *arguments))

    def send(self, act: str, *arguments: object, workers: int = 1) -> dict[str, Any]:
        """Send to everybody with this many workers, which start together."""
        self.run("reset")
        processes = [self.start(act, *arguments) for _ in range(workers)]
        for process in processes:
            process.stdout.readline()  # type: ignore[union-attr]
        for process in processes:
            process.stdin.write("go\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
        answers = [_answer(process) for process in processes]
        # From the first start to the last end, on the clock that all processes of a machine share.
        seconds = max(one["ended_at"] for one in answers) - min(one["began_at"] for one in answers)
        processor_seconds = sum(one["processor_seconds"] for one in answers)
        megabytes = max(one["megabytes"] for one in answers)
        return {"seconds": seconds, "processor_seconds": processor_seconds, "megabytes": megabytes}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=2000, help="how many mails each sends in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds; medians are printed")
    parser.add_argument(
        "--profile", default="", metavar="ORDER", help="only show where our time is spent (tottime, cumtime)"
    )
    options = parser.parse_args()
    if not shutil.which("smtp-sink", path=PATH) or not shutil.which("smtp-source", path=PATH):
        sys.exit("Left out: sending (smtp-sink and smtp-source are in Debian's package postfix)")
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder, sink() as port:
        message = Path(folder) / "message"
        engines = [Engine("SQLite", f"sqlite:///{folder}/db.sqlite3")]
        if url := os.environ.get("DATABASE_URL", ""):
            engines.append(Engine("PostgreSQL", url))
        for engine in engines:
            engine.run("set-up", options.mails, message)
        if options.profile:
            for engine in engines:
                print(engine.name, engine.send("ours", port, options.profile))
            return
        one = compare(engines, port=port, message=message, mails=options.mails, rounds=options.rounds)
        two = compare_far(engines, mails=options.mails, rounds=options.rounds)
        _say_what_is_promised(engines, rates=one, far_rates=two)


def compare(engines: list[Engine], *, port: int, message: Path, mails: int, rounds: int) -> dict[str, Result]:
    """Let all take turns to send to the busy server; print and return the results."""
    first = engines[0]
    acts: dict[str, Act] = {
        "Django's own backend, one connection": lambda: first.send("django", port, "one"),
        "smtp-source -d -s 1": lambda: source(port=port, mails=mails, message=message),
        "Django's own backend, as send_mail does": lambda: first.send("django", port, "many"),
    }
    for engine in engines:
        acts[f"ours, {engine.name}"] = partial(engine.send, "ours", port)
        acts[f"ours, {engine.name}, two workers"] = partial(engine.send, "ours", port, workers=2)
    print(f"{mails} mails of {message.stat().st_size / 1000:.0f} kB, medians of {rounds} rounds\n")
    results = take_turns(acts, mails=mails, rounds=rounds)
    django, generator = list(results.values())[:2]
    print("|  | mails/s | × Django | × smtp-source | worker's µs a mail | MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, one in results.items():
        ratios = f"{one.rate / django.rate:.1f} | {one.rate / generator.rate:.2f}"
        print(f"| {name} | {one.rate:.0f} | {ratios} | {one.processor_micros or ''} | {one.megabytes or ''} |")
    return results


def compare_far(engines: list[Engine], *, mails: int, rounds: int) -> dict[str, Result]:
    """Do the same with the far server and several workers of ours."""
    with far_server() as port:
        acts: dict[str, Act] = {
            f"ours, {engine.name}, {words}": partial(engine.send, "ours", port, workers=workers)
            for engine in engines
            for words, workers in (("one worker", 1), ("two workers", 2), ("four workers", 4))
        }
        results = take_turns(acts, mails=mails, rounds=rounds)
    print(f"\nInto a server that answers after {FAR_MILLISECONDS} ms\n")
    print("|  | mails/s | × one worker | worker's µs a mail |\n| --- | ---: | ---: | ---: |")
    for number, (name, result) in enumerate(results.items()):
        alone = list(results.values())[number // 3 * 3]
        print(f"| {name} | {result.rate:.0f} | {result.rate / alone.rate:.2f} | {result.processor_micros} |")
    return results


def take_turns(acts: dict[str, Act], *, mails: int, rounds: int) -> dict[str, Result]:
    """Let each act once in every round, one after the other."""
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            results[name].append(act())
    return {
        name: Result(
            rate=mails / median(one["seconds"] for one in each),
            processor_micros=round(median(one.get("processor_seconds", 0) for one in each) * 1e6 / mails),
            megabytes=max(one.get("megabytes", 0) for one in each),
        )
        for name, each in results.items()
    }


def _say_what_is_promised(engines: list[Engine], *, rates: dict[str, Result], far_rates: dict[str, Result]) -> None:
    django, generator, django_alone, sqlite, sqlite_two, *postgres = [one.rate for one in rates.values()]
    far_sqlite, far_sqlite_two, _four, *far_postgres = [one.rate for one in far_rates.values()]
    promises = {
        "10 × Django's own backend over one connection": sqlite / django / 10,
        "10 × Django's own backend as send_mail uses it": sqlite / django_alone / 10,
        "1 × smtp-source": sqlite / generator,
        "two workers 1.5 × one, on SQLite, into the busy server": sqlite_two / sqlite / 1.5,
        "two workers 1.5 × one, on SQLite, into the far server": far_sqlite_two / far_sqlite / 1.5,
    }
    if postgres:
        promises["PostgreSQL 0.8 × SQLite"] = postgres[0] / sqlite / 0.8
        promises["two workers 1.5 × one, on PostgreSQL, into the busy server"] = postgres[1] / postgres[0] / 1.5
        promises["two workers 1.5 × one, on PostgreSQL, into the far server"] = far_postgres[1] / far_postgres[0] / 1.5
    print()
    for words, reached in promises.items():
        print(f"- {'kept' if reached >= 1 else 'NOT KEPT'}: {words} (reached {reached:.0%} of it)")
    most = max(one.megabytes for name, one in rates.items() if "ours" in name)
    print(f"- {'kept' if most < MOST_MEGABYTES else 'NOT KEPT'}: under {MOST_MEGABYTES} MB ({most})")
    if len(engines) == 1:
        print("Left out: PostgreSQL (run it within .ci/with-postgres)")


@contextmanager
def sink() -> Iterator[int]:
    """Start a sink on a free loopback port and return the port."""
    port = free_port(0)
    as_user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([shutil.which("smtp-sink", path=PATH) or "", *as_user, f"127.0.0.1:{port}", "100"])
    time.sleep(0.5)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def far_server() -> Iterator[int]:
    """Start the far server and return its port."""
    command = [sys.executable, "-m", "bench.far_server", str(FAR_MILLISECONDS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())  # type: ignore[union-attr]
    finally:
        process.terminate()
        process.wait()


def source(*, port: int, mails: int, message: Path) -> dict[str, Any]:
    """Send with postfix's generator over one connection that it keeps open (-d)."""
    command = [shutil.which("smtp-source", path=PATH) or "", "-d", "-s", "1", "-m", str(mails), "-F", str(message)]
    start = time.perf_counter()
    subprocess.run([*command, "-f", "letter@hub.test", "-t", "a@example.org", f"127.0.0.1:{port}"], check=True)
    return {"seconds": time.perf_counter() - start}


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _errors = process.communicate()
    if process.returncode:
        sys.exit(process.returncode)
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
