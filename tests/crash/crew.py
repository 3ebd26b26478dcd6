"""The workers of one engine and their clocks; each that dies is replaced at once: crew.py NAME WORKERS CLOCKS.

Workers are forked from this process, which has loaded Django, so that a new one works within milliseconds. The file
crew-NAME.json lists those that run now. SIGTERM ends the crew, each worker after its current mail.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import django


def work() -> None:
    """Do the work that waits, for ever."""
    from django.core.management import call_command

    call_command("worker", "--interval", "0.1", verbosity=0)


def watch() -> None:
    """Run the clock's due jobs, for ever."""
    from django.core.management import call_command

    call_command("clock", verbosity=0)


class Crew:
    """The processes that run now."""

    def __init__(self, *, name: str, workers: int, clocks: int) -> None:
        self.roster = Path(os.environ["CRASH_DIR"]) / f"crew-{name}.json"
        self.posts: dict[str, Callable[[], None]] = {f"worker {number}": work for number in range(workers)}
        self.posts |= {f"clock {number}": watch for number in range(clocks)}
        self.pids: dict[str, int] = {}
        self.is_ending = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self.end)
        while not self.is_ending:
            for post in self.posts.keys() - self.pids.keys():
                self.pids[post] = self.start(self.posts[post])
            self.tell()
            self.reap()
            time.sleep(0.02)
        while self.pids:
            self.reap()
            time.sleep(0.02)

    def start(self, act: Callable[[], None]) -> int:
        """Fork a process that runs `act`."""
        pid = os.fork()
        if pid:
            return pid
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            act()
        except Exception:
            traceback.print_exc()
            time.sleep(0.2)  # so that an outage is not a storm of forks
        finally:
            sys.stderr.flush()
            os._exit(0)

    def reap(self) -> None:
        """Forget the processes that have died."""
        for post, pid in list(self.pids.items()):
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                del self.pids[post]

    def tell(self) -> None:
        """Write the list of running processes to the file."""
        new = self.roster.with_suffix(".new")
        new.write_text(json.dumps(self.pids))
        new.replace(self.roster)

    def end(self, *args: object) -> None:
        self.is_ending = True
        for pid in self.pids.values():
            os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    django.setup()
    Crew(name=sys.argv[1], workers=int(sys.argv[2]), clocks=int(sys.argv[3])).run()
