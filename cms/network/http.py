"""HTTP requests with one deadline for the whole exchange: connecting, sending, and the answer with its body."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError
from urllib3.poolmanager import PoolManager
from urllib3.response import HTTPResponse
from urllib3.util.ssl_ import create_urllib3_context

from cms.network.sockets import TimelyConnection, TimelyTLSSocket, timely

LONGEST_SECONDS = 3600

Manager = TypeVar("Manager", bound=PoolManager)

_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)

if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Limit the total time of all requests within the block that use a `TimelyAdapter`, including redirects.

    Within that limit each whole answer also has the read time-out. The look-up of a name is not covered: it has its own
    time-outs.
    """
    token = _ends_at.set(monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


class _Timely(_Connection):
    """A connection whose socket keeps to the deadline of the block that it is used in."""

    timeout: float | None
    sock: TimelyConnection | None

    def _new_conn(self) -> TimelyConnection:
        self.timeout = max(0.001, _seconds_left(self.timeout))
        sock = timely(super()._new_conn())
        _limit(sock)  # a proxy is asked before the connection is made
        return sock

    def connect(self) -> None:
        super().connect()
        _limit(self.sock)

    def request(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - passed on as they come
        if _seconds_left(None) <= 0:
            raise ConnectTimeoutError(self, "no time is left for this request")
        _limit(self.sock)
        super().request(*args, **options)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # of urllib3, as its own
        _limit(self.sock, most=self.timeout)
        return super().getresponse()


class _TimelyHTTP(_Timely, HTTPConnection):
    pass


class _TimelyHTTPS(_Timely, HTTPSConnection):
    def connect(self) -> None:
        if self.ssl_context is None:  # as urllib3 would make it, except for the class of its sockets
            self.ssl_context = create_urllib3_context()
            self.ssl_context.hostname_checks_common_name = False
        self.ssl_context.sslsocket_class = TimelyTLSSocket
        super().connect()


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _TimelyHTTP


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _TimelyHTTPS


class TimelyAdapter(HTTPAdapter):
    """The adapter with which a session of `requests` observes `answered_within`."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - passed on as they come
        """Make the pools of connections."""
        super().init_poolmanager(*args, **options)
        _use(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> PoolManager:  # noqa: ANN401 - passed on as they come
        """Return the pools of connections to a proxy."""
        return _use(super().proxy_manager_for(*args, **options))


def _use(manager: Manager) -> Manager:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
    return manager


def _limit(sock: TimelyConnection | None, *, most: object = None) -> None:
    if sock is not None:
        sock.begin(seconds=_seconds_left(most))


def _seconds_left(timeout: object) -> float:
    """Return the time-out or the rest of the block's time, whichever is less; without either, a long time."""
    seconds = timeout if isinstance(timeout, int | float) else LONGEST_SECONDS
    ends_at = _ends_at.get()
    return float(seconds) if ends_at is None else min(seconds, ends_at - monotonic())
