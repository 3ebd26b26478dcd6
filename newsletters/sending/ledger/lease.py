"""How long a worker's claim holds, by its own clocks: it may have slept since, and others may have sent its mails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from newsletters.sending.ledger.claims import lease

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # on macOS the monotonic clock runs on during sleep


def seconds_since_boot() -> float:
    """Return the seconds on a clock that nobody sets and that runs on while the process or the machine sleeps."""
    return time.clock_gettime(_CLOCK)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment on both clocks."""

    at: datetime
    since_boot: float


@dataclass(kw_only=True)
class Lease:
    """The lease of one worker on two clocks; it has ended as soon as either clock says so.

    The ledger uses the wall clock, by which other workers release what has expired, but that clock may be set back.
    The clock since boot may miss that the machine was frozen from outside; the wall clock is corrected afterwards.
    """

    clock: Callable[[], datetime]
    since_boot: Callable[[], float] = seconds_since_boot
    _ends: Moment | None = field(default=None, init=False)

    def now(self) -> Moment:
        """Return the moment from which a lease counts; take it before asking the ledger."""
        return Moment(at=self.clock(), since_boot=self.since_boot())

    def begin(self, moment: Moment) -> None:
        """Note that the ledger gave a lease that counts from this moment."""
        ends_at = lease(moment.at)
        self._ends = Moment(at=ends_at, since_boot=moment.since_boot + (ends_at - moment.at).total_seconds())

    def renew(self, moment: Moment) -> None:
        """Note that the ledger renewed the lease, unless it had ended: others may have released the claim by then."""
        if self.holds():
            self.begin(moment)

    def holds(self) -> bool:
        """Say whether nobody else can have released what is claimed."""
        return self._ends is not None and self.since_boot() < self._ends.since_boot and self.clock() < self._ends.at


class LeasedTakeOff:
    """Records once that a delivery takes off; each call says whether it is still this worker's to send.

    `has_failed` is true if recording it raised an error.
    """

    def __init__(self, record: Callable[[], bool], *, lease: Lease) -> None:
        self._record, self._lease = record, lease
        self._is_in_flight: bool | None = None
        self.has_failed = False

    def __call__(self) -> bool:
        """Say whether the mail may be sent now."""
        return self.is_in_flight() and self._lease.holds()

    def is_in_flight(self) -> bool:
        """Say whether the delivery took off, however long ago."""
        if self._is_in_flight is None:
            self.has_failed = True
            self._is_in_flight = self._record()
            self.has_failed = False
        return self._is_in_flight
