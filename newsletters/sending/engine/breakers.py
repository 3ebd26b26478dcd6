"""Leave a domain alone whose server asks for it, and stop where too many readers do not exist."""

from __future__ import annotations

from collections import Counter

from newsletters.sending.transport.verdicts import Verdict

MOST_IN_A_ROW = 3
LEAST_REFUSED = 20  # fewer say nothing of a list


class DomainBreaker:
    """What the domains of one batch's readers said so far.

    It knows of one batch only: the next one asks at most three readers of a domain again, which is how it finds out
    that it may go on.
    """

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    def note(self, email: str, verdict: Verdict) -> None:
        """Remember what was said to a mail for this address."""
        domain = _domain_of(email)
        if verdict is Verdict.SLOW_DOWN:
            self._in_a_row[domain] = MOST_IN_A_ROW
        elif verdict is Verdict.LATER:
            self._in_a_row[domain] += 1
        else:
            del self._in_a_row[domain]

    def is_open(self, email: str) -> bool:
        """Whether this address has to wait for the sake of its domain."""
        return self._in_a_row[_domain_of(email)] >= MOST_IN_A_ROW


class RefusalBreaker:
    """How many of one batch's readers were refused for good: a bad list costs the sender's name with every server.

    It knows of one batch only, so after somebody has looked and let the sending go on, it counts anew.
    """

    def __init__(self, *, most_percent: int) -> None:
        self._most_percent = most_percent
        self.answered, self.refused = 0, 0

    def note(self, verdict: Verdict) -> None:
        """Remember what was said to a mail."""
        self.answered += verdict in {Verdict.ACCEPTED, Verdict.REFUSED}
        self.refused += verdict is Verdict.REFUSED

    @property
    def is_open(self) -> bool:
        """Whether too large a share was refused."""
        return self.refused >= LEAST_REFUSED and self.refused * 100 > self.answered * self._most_percent


def _domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()
