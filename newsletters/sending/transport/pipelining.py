"""Whether a server may be sent several commands at once (RFC 2920), and what is remembered of one that lied.

It is kept per server for as long as the process lives: a server that drops what it announced to take must not cost an
uncertain mail each time that a worker connects.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Trust:
    """What became of pipelining with one server so far."""

    server: str
    is_proved: bool = False  # the envelope of one mail went along with the end of the one before, and was taken
    is_lost: bool = False

    def note_success(self) -> None:
        """It kept its word: what breaks from now on has another reason."""
        self.is_proved = True

    def note_failure(self, reason: object) -> None:
        """The connection broke while several commands were on their way; that may have been the reason."""
        if not self.is_proved:
            self.lose(reason)

    def lose(self, reason: object) -> None:
        """Its answers do not fit what was asked: send it one command at a time from now on."""
        if not self.is_lost:
            logger.warning("%s announces PIPELINING and fails at it (%s): going on without", self.server, reason)
        self.is_lost = True


_servers: dict[str, Trust] = {}


def trust_in(server: str) -> Trust:
    """Return what this process knows of a server (host:port)."""
    return _servers.setdefault(server, Trust(server=server))


def forget_all() -> None:
    """Trust every server again; for tests."""
    _servers.clear()
