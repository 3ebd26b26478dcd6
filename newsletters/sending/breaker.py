"""Leave a domain alone for a while whose server asks for it, and send to the others meanwhile."""

from __future__ import annotations

from collections import Counter

from newsletters.sending.replies import Verdict

MOST_IN_A_ROW = 3


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


def _domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()
