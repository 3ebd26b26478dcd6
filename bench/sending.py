"""How fast mails leave with the ledger on: ours beside Django's own backend and postfix's load generator.

All send a mail of about 61 kB into postfix's smtp-sink on loopback, over one connection, one after the other, in turns:

    python -m bench.sending [--mails 2000] [--rounds 3]        on SQLite, beside the peers
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
from pathlib import Path
from statistics import median
from typing import Any

from demo.place import free_port

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
MOST_MEGABYTES = 250


class Engine:
    """A database with a dispatch in it."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self.environ = name, os.environ | {"BENCH_DATABASE_URL": url}

    def start(self, act: str, *arguments: Any) -> subprocess.Popen[str]:
        """Start a process of its own that acts on this database."""
        command = [sys.executable, "-m", "bench.sending_worker", act, *map(str, arguments)]
        return subprocess.Popen(command, env=self.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, act: str, *arguments: Any) -> dict[str, Any]:
        """Let such a process act and return what it says."""
        return _answer(self.start(act, *arguments))

    def send(self, act: str, *arguments: Any, workers: int = 1) -> dict[str, Any]:
        """Send to everybody with so many workers that start together."""
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
        return {"seconds": seconds, "megabytes": max(one["megabytes"] for one in answers)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=2000, help="how many each sends in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often they take turns; medians are printed")
    parser.add_argument(
        "--profile", default="", metavar="ORDER", help="only say where our time goes (tottime, cumtime)"
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
        compare(engines, port=port, message=message, mails=options.mails, rounds=options.rounds)


def compare(engines: list[Engine], *, port: int, message: Path, mails: int, rounds: int) -> None:
    """Let all take turns and print mails per second, ratios and memory."""
    first = engines[0]
    acts: dict[str, Callable[[], dict[str, Any]]] = {
        "Django's own backend, one connection": lambda: first.send("django", port, "one"),
        "smtp-source -d -s 1": lambda: source(port=port, mails=mails, message=message),
        "Django's own backend, as send_mail does": lambda: first.send("django", port, "many"),
    }
    for engine in engines:
        acts[f"ours, {engine.name}"] = lambda engine=engine: engine.send("ours", port)
        acts[f"ours, {engine.name}, two workers"] = lambda engine=engine: engine.send("ours", port, workers=2)
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            results[name].append(act())
    rates = {name: mails / median(one["seconds"] for one in each) for name, each in results.items()}
    django, generator = list(rates.values())[:2]
    print(f"{mails} mails of {message.stat().st_size / 1000:.0f} kB, medians of {rounds} rounds\n")
    print("|  | mails/s | × Django | × smtp-source | MB |\n| --- | ---: | ---: | ---: | ---: |")
    for name, rate in rates.items():
        memory = max(one.get("megabytes", 0) for one in results[name])
        print(f"| {name} | {rate:.0f} | {rate / django:.1f} | {rate / generator:.2f} | {memory or ''} |")
    _say_what_is_promised(engines, rates=rates, results=results)


def _say_what_is_promised(engines: list[Engine], *, rates: dict[str, float], results: Any) -> None:
    django, generator, django_alone, sqlite, sqlite_two, *postgres = rates.values()
    promises = {
        "10 × Django's own backend over one connection": sqlite / django / 10,
        "10 × Django's own backend as send_mail uses it": sqlite / django_alone / 10,
        "1 × smtp-source": sqlite / generator,
        "two workers 1.5 × one, on SQLite": sqlite_two / sqlite / 1.5,
    }
    if postgres:
        promises["PostgreSQL 0.8 × SQLite"] = postgres[0] / sqlite / 0.8
        promises["two workers 1.5 × one, on PostgreSQL"] = postgres[1] / postgres[0] / 1.5
    print()
    for words, reached in promises.items():
        print(f"- {'kept' if reached >= 1 else 'NOT KEPT'}: {words} (reached {reached:.0%} of it)")
    most = max(one.get("megabytes", 0) for name, each in results.items() if "ours" in name for one in each)
    print(f"- {'kept' if most < MOST_MEGABYTES else 'NOT KEPT'}: under {MOST_MEGABYTES} MB ({most})")
    if len(engines) == 1:
        print("Left out: PostgreSQL (run it within .ci/with-postgres)")


@contextmanager
def sink() -> Iterator[int]:
    """Start a sink on a free port of loopback and return the port."""
    port = free_port(0)
    as_user = ["-u", "nobody"] if os.getuid() == 0 else []
    process = subprocess.Popen([shutil.which("smtp-sink", path=PATH) or "", *as_user, f"127.0.0.1:{port}", "100"])
    time.sleep(0.5)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def source(*, port: int, mails: int, message: Path) -> dict[str, Any]:
    """Send with postfix's generator over one connection that it keeps (-d)."""
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
