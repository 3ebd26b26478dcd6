"""The journal of addresses that were erased or are never mailed again: a file that outlives a restored backup."""

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
class Entry:
    """When and why; `moved_to` is the digest of its reader's next address, if they changed it."""

    reason: str
    at: datetime
    moved_to: str = ""


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The last entry of each digest."""

    erased: dict[str, Entry]
    suppressed: dict[str, Entry]  # mailed no more, and kept


def add_to_journal(digest: str, *, reason: str, is_erased: bool = True, moved_to: str = "", now: datetime) -> None:
    """Append a line and wait until it is on the disk; do nothing if ERASED_JOURNAL is empty. Raises OSError.

    Call it before the transaction commits: a line too many does no harm, a missing one brings somebody back.
    """
    if not conf.ERASED_JOURNAL:
        return
    entry = {"at": now.isoformat(), "digest": digest, "reason": reason, "erased": is_erased, "moved_to": moved_to}
    line = json.dumps(entry) + "\n"
    file = os.open(conf.ERASED_JOURNAL, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two processes, each writes whole lines
        size = os.fstat(file).st_size
        is_whole = not size or os.pread(file, 1, size - 1) == b"\n"
        os.write(file, (line if is_whole else f"\n{line}").encode())
        os.fsync(file)
    finally:
        os.close(file)


def read_journal() -> Journal:
    """Return the last entries of each digest, the earliest first. Raises JournalUnreadable.

    A line without its end is left out: the machine stopped while it was written, so nothing was committed.
    """
    journal = Journal(erased={}, suppressed={})
    try:
        lines = Path(conf.ERASED_JOURNAL).read_text(encoding="utf-8").splitlines()
        for row in [json.loads(line) for line in lines if line.endswith("}")]:
            entries = journal.erased if row.get("erased", True) else journal.suppressed
            entries.pop(row["digest"], None)
            moved_to = row.get("moved_to", "")
            entries[row["digest"]] = Entry(
                reason=row["reason"], at=datetime.fromisoformat(row["at"]), moved_to=moved_to
            )
            journal.suppressed.pop(moved_to, None)  # its owner proved that it is theirs
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalUnreadable(f"{conf.ERASED_JOURNAL}: {error}") from error
    return journal
