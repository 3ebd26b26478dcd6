"""How the benchmarks make requests and count: whole requests through Django's WSGI handler, in this process."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from cms.models import Theme

Act = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - the benchmarks read into it as into any JSON
        """Return the body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one kind of request costs: milliseconds and queries."""

    median: float
    p95: float
    queries: int


class Server:
    """The project as a web server calls it: with every middleware, and a new database connection if so configured."""

    def __init__(self) -> None:
        self._application = get_wsgi_application()
        self._requests = RequestFactory(SERVER_NAME="hub.test")

    def ask(self, address: str, **headers: str) -> Answer:
        """Return the answer to a GET, whatever its status."""
        environ = self._requests.get(address, headers=headers).environ
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, pairs: list[tuple[str, str]], *_error: object) -> Callable[[bytes], object]:
            started.append((status, pairs))
            return lambda _written: None

        response = self._application(environ, start_response)
        body = b"".join(response)
        response.close()
        [(status, pairs)] = started
        return Answer(status=int(status.split()[0]), headers=dict(pairs), body=body)

    def get(self, address: str, *, expect: int = 200, **headers: str) -> Answer:
        """Return the answer to a GET; raise AssertionError for any status but `expect`."""
        answer = self.ask(address, **headers)
        assert answer.status == expect, f"{address}: {answer.status} {answer.body[:300]!r}"  # noqa: S101
        return answer

    def follow(self, address: str) -> Answer:
        """Return the answer to a GET whose first answer is a redirect."""
        return self.get(self.get(address, expect=302).headers["Location"])

    @staticmethod
    def change() -> None:
        """Change the content, so that everything that is cached of it is out of date."""
        Theme.objects.order_by("pk").first().save()
        connection.close_if_unusable_or_obsolete()  # as the end of a request does


def compare(acts: Mapping[str, tuple[Act, Act | None]], *, runs: int) -> dict[str, Cost]:
    """Return what each of `acts` costs; each has a preparation, which does not count.

    They take turns, so that other work on the machine affects all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in acts}
    queries = {name: _queries(act, before) for name, (act, before) in acts.items()}
    gc.collect()
    for _ in range(runs):
        for name, (act, before) in acts.items():
            times[name].append(_milliseconds(act, before))
    return {
        name: Cost(median=median(each), p95=quantiles(each, n=20)[-1], queries=queries[name])
        for name, each in times.items()
    }


def _milliseconds(act: Act, before: Act | None) -> float:
    if before:
        before()
    start = time.perf_counter()
    act()
    return (time.perf_counter() - start) * 1000


def _queries(act: Act, before: Act | None) -> int:
    act()  # fills the permanent caches of Django and Wagtail: content types, compiled schemas
    if before:
        before()
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)
