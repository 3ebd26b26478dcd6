"""The journal of erased addresses, a file outside the database: it outlives a restored backup."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletters.conf import conf
from newsletters.exceptions import JournalUnreadable


@dataclass(frozen=True, kw_only=True)
class Erased:
    """When and why the mailbox with a digest was erased."""

    reason: str
    at: datetime


def add_to_journal(digest: str, *, reason: str, now: datetime) -> None:
    """Append a line and wait until it is on the disk; do nothing if ERASED_JOURNAL is empty. Raises OSError.

    Call it before the transaction commits: a line too many does no harm, a missing one brings somebody back.
    """
    if not conf.ERASED_JOURNAL:
        return
    line = json.dumps({"at": now.isoformat(), "digest": digest, "reason": reason}) + "\n"
    file = os.open(conf.ERASED_JOURNAL, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two processes, each writes whole lines
        size = os.fstat(file).st_size
        is_whole = not size or os.pread(file, 1, size - 1) == b"\n"
        os.write(file, (line if is_whole else f"\n{line}").encode())
        os.fsync(file)
    finally:
        os.close(file)


def read_journal() -> dict[str, Erased]:
    """Return the last entry of each digest. Raises JournalUnreadable.

    A line without its end is left out: the machine stopped while it was written, so nothing was committed.
    """
    try:
        lines = Path(conf.ERASED_JOURNAL).read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return {row["digest"]: Erased(reason=row["reason"], at=datetime.fromisoformat(row["at"])) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JournalUnreadable(f"{conf.ERASED_JOURNAL}: {error}") from error
