"""How a worker keeps to the mails per second and per minute that all workers share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import sleep as sleep_really

TURN_SECONDS = 20  # after that a batch makes way for other work, however few mails it sent
SPAN_SECONDS = 5  # a worker takes no more mails at once than take so long: what it takes nobody else may send
NAP_SECONDS = 0.5  # how often a sleeping worker asks whether it is to stop


class Pace:
    """The times at which one batch may hand over its mails; `Allowance` rows give them out."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = sleep_really,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self.ends_at = clock() + timedelta(seconds=TURN_SECONDS)
        self._next: datetime | None = None
        self._interval = timedelta()
        self.terms: object = None  # the limits under which mails were granted last

    def book(self, *, begin: datetime, interval: timedelta) -> None:
        """Note from when on mails may go, and how far apart."""
        self._next, self._interval = begin, interval

    def let_go(self) -> None:
        """Note that mails may go at once: a limit that was booked before has been lifted since."""
        self._next = None

    @property
    def must_wait(self) -> bool:
        """Whether the next mail may not go yet."""
        return self._next is not None and self._clock() < self._next

    @property
    def most_at_once(self) -> int | None:
        """How many mails may go in one request: as many as in a second; None if nothing was booked."""
        return None if self._next is None else max(1, round(timedelta(seconds=1) / self._interval))

    def wait(self, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Sleep until the next mail may go, or until `unless()` says yes, which is asked now and then."""
        if self._next is None:
            return
        left = min((self._next - self._clock()).total_seconds(), TURN_SECONDS)
        while left > 0 and not unless():
            self._sleep(min(left, NAP_SECONDS))
            left -= NAP_SECONDS
        self._next = max(self._next, self._clock()) + self._interval
