"""Slow down for a domain whose server asks for it, and stop when too many addresses are refused."""

from __future__ import annotations

from collections import Counter

from newsletters.sending.transport.verdicts import Verdict

MOST_IN_A_ROW = 3
LEAST_REFUSED = 20  # fewer prove nothing about a list


class DomainBreaker:
    """What the mail servers of the readers' domains have answered in one batch.

    It knows about one batch only: the next batch tries at most three readers of a domain again, and so finds out
    whether it may continue.
    """

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    def note(self, email: str, verdict: Verdict) -> None:
        """Remember the verdict on a mail to this address."""
        domain = _domain_of(email)
        if verdict is Verdict.SLOW_DOWN:
            self._in_a_row[domain] = MOST_IN_A_ROW
        elif verdict is Verdict.LATER:
            self._in_a_row[domain] += 1
        else:
            del self._in_a_row[domain]

    def is_open(self, email: str) -> bool:
        """Say whether mails to this address have to wait because of its domain."""
        return self._in_a_row[_domain_of(email)] >= MOST_IN_A_ROW


class RefusalBreaker:
    """How many of one batch's mails were refused for good: a bad list ruins the sender's reputation everywhere.

    It knows about one batch only, so it starts from zero after somebody has looked and resumed the dispatch.
    """

    def __init__(self, *, most_percent: int) -> None:
        self._most_percent = most_percent
        self.answered, self.refused = 0, 0

    def note(self, verdict: Verdict) -> None:
        """Remember the verdict on a mail."""
        self.answered += verdict in {Verdict.ACCEPTED, Verdict.REFUSED}
        self.refused += verdict is Verdict.REFUSED

    @property
    def is_open(self) -> bool:
        """Whether too large a share was refused."""
        return self.refused >= LEAST_REFUSED and self.refused * 100 > self.answered * self._most_percent


def _domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()
