"""Whether a server can be sent several commands at once (RFC 2920), and which servers failed at it.

That is remembered per server for as long as the process lives: a server that announces pipelining and then drops the
connection must not cost an uncertain mail each time a worker connects.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Trust:
    """How pipelining with one server has worked so far."""

    server: str
    is_proved: bool = False  # an envelope was sent along with the end of the previous mail, and was accepted
    is_lost: bool = False

    def note_success(self) -> None:
        """Note that pipelining worked: failures from now on have another reason."""
        self.is_proved = True

    def note_failure(self, reason: object) -> None:
        """Note that the connection broke while several commands were under way, which may have been the reason."""
        if not self.is_proved:
            self.lose(reason)

    def lose(self, reason: object) -> None:
        """Note that pipelining fails with this server: send it one command at a time from now on."""
        if not self.is_lost:
            logger.warning("%s announces PIPELINING but fails at it (%s): continuing without it", self.server, reason)
        self.is_lost = True


_servers: dict[str, Trust] = {}


def trust_in(server: str) -> Trust:
    """Return what this process knows of a server (host:port)."""
    return _servers.setdefault(server, Trust(server=server))


def forget_all() -> None:
    """Trust every server again; for tests."""
    _servers.clear()
