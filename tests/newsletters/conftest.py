"""A hub that is built once for the package: the tests run in savepoints within the hub's transaction.

Tests that need transactions of their own are in tests/acceptance/test_workers.py.
"""

from __future__ import annotations

import copy
import gc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import TestCase
from wagtail.images.models import Image

from newsletters.models import Delivery, Dispatch, Edition, Subscription
from newsletters.sending.engine.send_batch import send_batch
from newsletters.sending.ledger.status import ledger_status
from newsletters.testing import FakeTransport, FixedClock
from tests.newsletters.building import Hub, build_hub, rolled_back
from tests.newsletters.sending.fake_backend import FakeBackend
from tests.newsletters.sending.fake_provider import FakeProvider


@pytest.fixture(scope="package")
def built_hub(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hub]:
    """The hub of all tests of this package."""
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock(), TestCase.captureOnCommitCallbacks(execute=True):
            hub = build_hub()
        yield hub


@pytest.fixture(scope="module")
def started(built_hub: Hub, django_db_blocker: Any) -> Iterator[Dispatch]:
    """A dispatch to Ann, Bob and Cem, shared by the tests of a module; each test sees it as it was at its start."""
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock():
            hub = copy.deepcopy(built_hub)
            hub.subscribe("ann", "bob", "cem")
            dispatch = hub.send()
        yield dispatch


@pytest.fixture
def dispatch(started: Dispatch, db: None) -> Dispatch:
    """A dispatch to Ann, Bob and Cem for this test alone; nothing has been sent yet."""
    return Dispatch.objects.get(pk=started.pk)


@pytest.fixture(autouse=True)
def within_one_transaction(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("django_db")
    assert not (marker and marker.kwargs.get("transaction")), "this test belongs in tests/acceptance/test_workers.py"


@pytest.fixture
def hub(built_hub: Hub, db: None) -> Hub:
    """A hub for this test alone: a draft issue with two articles and an activity, and no subscribers."""
    return copy.deepcopy(built_hub)


@pytest.fixture
def make_picture(make_image: Callable[..., Image]) -> Iterator[Callable[..., Image]]:
    """`make_image` without ResourceWarnings: Wagtail leaves the temporary files of renditions to the collector."""
    warnings.simplefilter("ignore", ResourceWarning)
    yield make_image
    gc.collect()


@pytest.fixture
def make_shown_image(make_picture: Callable[..., Image], make_shown_image: Callable[..., Image]) -> Any:
    """The same as elsewhere, without ResourceWarnings."""
    return make_shown_image


@pytest.fixture
def clock(hub: Hub) -> FixedClock:
    return FixedClock(at=hub.now)


@pytest.fixture
def transport() -> FakeTransport:
    """A mail server that accepts everything."""
    return FakeTransport()


@pytest.fixture(params=[FakeTransport, FakeBackend, FakeProvider], ids=["SMTP", "Django", "provider"])
def make_server(request: pytest.FixtureRequest) -> type[FakeTransport]:
    """Make a server that takes mails one by one, or a provider that takes pieces of two: make_server(replies=…)."""
    kind: type[FakeTransport] = request.param
    return kind


@pytest.fixture
def work(clock: FixedClock) -> Callable[..., int]:
    """Let a worker send one batch: work(dispatch, transport)."""

    def run(dispatch: Dispatch, transport: FakeTransport, *, worker: str = "w1", jitter: float = 0) -> int:
        dispatch.refresh_from_db()
        sent = send_batch(dispatch, transport=transport, worker=worker, clock=clock, jitter=lambda: jitter)
        dispatch.refresh_from_db()
        assert ledger_status(dispatch).adds_up
        return sent

    return run


def states(dispatch: Dispatch) -> dict[str, int]:
    """Return how many deliveries are in each state, without states that have none."""
    return {name: count for name, count in ledger_status(dispatch).counts.items() if count}


def delivery_to(name: str, dispatch: Dispatch) -> Delivery:
    """Return the delivery to name@example.org."""
    return dispatch.deliveries.get(subscription__subscriber__email=f"{name}@example.org")


def subscription_of(name: str, dispatch: Dispatch) -> Subscription:
    """Return the subscription of name@example.org, who has a delivery in the dispatch."""
    subscription = delivery_to(name, dispatch).subscription
    assert subscription is not None
    return subscription


def edition_for(name: str, dispatch: Dispatch) -> Edition:
    """Return the edition that name@example.org gets."""
    edition = delivery_to(name, dispatch).edition
    assert edition is not None
    return edition
