"""Retry what needs the database while that is unavailable: restarted, locked, or out of disk space."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

LONGEST_WAIT_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to retry: `seconds` in all, with `sleep` in between."""

    seconds: float
    sleep: Callable[[float], None]

    def insist(self, act: Callable[[], T]) -> T:
        """Return what `act` returns. It must be safe to repeat: a commit whose answer was lost may have been made.

        Raises the last error when the time is up, or at once within a caller's transaction, which is broken by then.
        """
        waited, wait = 0.0, 0.25
        while True:
            try:
                return act()
            except (OperationalError, InterfaceError) as error:
                if connection.in_atomic_block or waited >= self.seconds:
                    raise
                logger.warning("The database is unavailable (%s): retrying in %s seconds", error, wait)
            connection.close()
            self.sleep(wait)
            waited, wait = waited + wait, min(wait * 2, LONGEST_WAIT_SECONDS)
