"""What a worker knows by itself of how long its claim holds: it may have slept since, and others sent its mails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from newsletters.sending.ledger.claims import lease

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # on macOS the monotonic one goes on asleep


def seconds_since_boot() -> float:
    """Return the seconds on a clock that nobody sets and that goes on while the process or the machine sleeps."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment on both clocks."""

    at: datetime
    since_boot: float


@dataclass(kw_only=True)
class Lease:
    """The claim of one worker, on two clocks, and over as soon as either says so.

    The ledger is written by the wall clock, by which other workers take back what is over; it may be set back. A
    machine that was frozen from outside may not notice on the other clock, and is told the time afterwards.
    """

    clock: Callable[[], datetime]
    since_boot: Callable[[], float] = seconds_since_boot
    _ends: Moment | None = field(default=None, init=False)

    def now(self) -> Moment:
        """Return the moment to begin or renew from: that before the ledger is asked."""
        return Moment(at=self.clock(), since_boot=self.since_boot())

    def begin(self, moment: Moment) -> None:
        """Note that the ledger gave a claim that counts from this moment."""
        ends_at = lease(moment.at)
        self._ends = Moment(at=ends_at, since_boot=moment.since_boot + (ends_at - moment.at).total_seconds())

    def renew(self, moment: Moment) -> None:
        """Note that the ledger renewed it; too late is never: others may have taken some of it back in between."""
        if self.holds():
            self.begin(moment)

    def holds(self) -> bool:
        """Say whether nobody else can have taken back what is claimed."""
        return self._ends is not None and self.since_boot() < self._ends.since_boot and self.clock() < self._ends.at


class LeasedTakeOff:
    """Records once that a delivery takes off, and then says each time whether it is still this worker's to send.

    `has_failed` if the first cannot be known.
    """

    def __init__(self, record: Callable[[], bool], *, lease: Lease) -> None:
        self._record, self._lease = record, lease
        self._is_in_flight: bool | None = None
        self.has_failed = False

    def __call__(self) -> bool:
        """Say whether it may go now."""
        return self.is_in_flight() and self._lease.holds()

    def is_in_flight(self) -> bool:
        """Say whether it took off, however long ago."""
        if self._is_in_flight is None:
            self.has_failed = True
            self._is_in_flight = self._record()
            self.has_failed = False
        return self._is_in_flight
