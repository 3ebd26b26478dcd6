"""How a worker keeps to the limits per second and per minute that all workers share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from time import sleep as sleep_really

TURN_SECONDS = 20  # after that a batch makes way for other work, however few mails it has sent
SPAN_SECONDS = 5  # a worker reserves send slots no further ahead: nobody else can use them
NAP_SECONDS = 0.5  # how often a waiting worker checks whether to stop


class Pace:
    """When one batch may send its mails: the send slots that were reserved in `Allowance` rows."""

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
        self.terms: object = None  # the limits under which slots were last granted

    def book(self, *, begin: datetime, interval: timedelta) -> None:
        """Note when the first mail may be sent, and the interval between mails."""
        self._next, self._interval = begin, interval

    def let_go(self) -> None:
        """Note that mails need not wait: there is no limit per second or minute, or not any more."""
        self._next = None

    @property
    def must_wait(self) -> bool:
        """Whether the next mail may not be sent yet."""
        return self._next is not None and self._clock() < self._next

    @property
    def most_at_once(self) -> int | None:
        """How many mails may be sent in one request: a second's worth; None without a limit."""
        return None if self._next is None else max(1, round(timedelta(seconds=1) / self._interval))

    def wait(self, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Sleep until the next mail may be sent, or until `unless()` is true, which is checked now and then."""
        if self._next is None:
            return
        left = min((self._next - self._clock()).total_seconds(), TURN_SECONDS)
        while left > 0 and not unless():
            self._sleep(min(left, NAP_SECONDS))
            left -= NAP_SECONDS
        self._next = max(self._next, self._clock()) + self._interval
