"""A worker's process is stopped in the middle of a mail, somebody sends that mail again, and the worker wakes up."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from tests.crash.servers import ROOT, Sink, free_port
from tests.newsletters.building import build_hub

READERS = ("ann", "bob", "cem")


def address_for_others(place: Path) -> str:
    """Return the address of a database in which other processes find the content of the test's own database."""
    if connection.vendor == "sqlite":
        with sqlite3.connect(place / "db.sqlite3") as copy:
            connection.connection.backup(copy)
        copy.close()
        return f"sqlite:///{place}/db.sqlite3"
    connection.ensure_connection()
    where = connection.connection.info  # whatever the settings leave to the environment or to the options
    user, password, host = (quote(each, safe="") for each in (where.user, where.password, where.host))
    return f"postgres://{user}:{password}@/{where.dbname}?host={host}&port={where.port}"


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_wakes_up_after_its_mail_was_sent_again_hangs_up(tmp_path: Path) -> None:
    hub = build_hub()
    hub.subscribe(*READERS)
    dispatch = hub.send()
    ids = Counter(delivery.message_id for delivery in dispatch.deliveries.all())
    sink = Sink(tmp_path / "taken", port=free_port())
    environment: dict[str, Any] = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
        "DATABASE_URL": address_for_others(tmp_path),
        "CRASH_DIR": str(tmp_path),
        "CRASH_SMTP_PORT": str(sink.port),
        "CRASH_LEASE_SECONDS": "2",
    }

    def start(act: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "tests.crash.sleeper", act], cwd=ROOT, env=environment)

    sink.start()
    sleeper = start("sleep")
    try:
        _pid, status = os.waitpid(sleeper.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert sink.taken() == []
        assert start("others").wait() == 0
        assert Counter(sink.taken()) == ids
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.wait() == 0
        assert Counter(sink.taken()) == ids
    finally:
        if sleeper.poll() is None:
            sleeper.kill()
            sleeper.wait()
        sink.stop()
