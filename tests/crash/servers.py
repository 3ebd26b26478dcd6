"""PostgreSQL, Redis and the SMTP sink: each can be stopped and started at will, and is thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Postgres:
    """A PostgreSQL with its files in `place`; it survives kills, but not a crash of the machine (fsync is off)."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @staticmethod
    def programs() -> str:
        """Return the folder of PostgreSQL's programs, or nothing if there are none."""
        found = subprocess.run([ROOT / ".ci/with-postgres", "--find"], capture_output=True, text=True, check=False)
        return found.stdout.strip()

    def create(self) -> None:
        """Make an empty server and start it."""
        self.place.mkdir()
        if os.getuid() == 0:
            shutil.chown(self.place, "nobody", "nogroup")
        self._run("initdb", "-D", "db", "-U", "hub", "--auth=trust", "--no-sync")
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.place} -c fsync=off"
        self._run("pg_ctl", "-D", "db", "-w", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop: "fast" ends each connection cleanly, "immediate" is like a crash."""
        self._run("pg_ctl", "-D", "db", "-w", "-m", mode, "stop")

    def add(self, name: str, *, like: str = "template1") -> str:
        """Make a database and return its address."""
        self._run("createdb", "-h", str(self.place), "-U", "hub", "-T", like, name)
        return f"postgres://hub@/{name}?host={self.place}"

    def make_forgetful(self, name: str) -> None:
        """In this database, let a crash lose the last commits of every session that does not ask for safety."""
        words = f"ALTER DATABASE {name} SET synchronous_commit = off"
        self._run("psql", "-h", str(self.place), "-U", "hub", "-c", words, name)

    def _run(self, program: str, *arguments: str) -> None:
        as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        command = [*as_nobody, f"{self.programs()}/{program}", *arguments]
        subprocess.run(command, cwd=self.place, check=True, stdout=subprocess.DEVNULL)


class Program:
    """A server that listens on a port of this machine and can be killed and started again."""

    command: list[str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return once it listens."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        wait_until(lambda: _listens(self.port), what=f"{self.command[0]} to listen")

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process:
            self.process.send_signal(number)
            self.process.wait()


class Redis(Program):
    """A Redis that loses its data when it is killed."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp"]  # noqa: S108

    @staticmethod
    def is_here() -> bool:
        """Say whether Redis is installed."""
        return shutil.which("redis-server") is not None


class Sink(Program):
    """The SMTP server that writes every Message-ID to `path`."""

    program = "sink.py"

    def __init__(self, path: Path, *, port: int) -> None:
        self.path, self.port = path, port
        self.command = [sys.executable, str(ROOT / "tests/crash" / self.program), str(self.port), str(path)]

    def taken(self) -> list[str]:
        """Return the Message-IDs of all mails that it accepted, in order."""
        return self.path.read_text().split() if self.path.exists() else []


class ProviderSink(Sink):
    """The same as a mail provider, which takes requests over HTTP."""

    program = "provider.py"

    def taken(self) -> list[str]:
        """Return the Message-IDs of all mails of all requests that it carried out."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [message_id for line in lines for message_id in line.split()[1:]]


def wait_until(is_so: object, *, what: str, seconds: float = 120) -> None:
    """Return once `is_so()` is true; raise TimeoutError if that takes too long."""
    ends = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
