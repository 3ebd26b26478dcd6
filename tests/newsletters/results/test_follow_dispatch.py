"""Sending to the readers whom a dispatch did not reach: who they are, and that nobody gets the issue twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.models import ConsentSource, Dispatch, Subscription
from newsletters.sending import ledger
from newsletters.sending.transport.seam import Reply, ReplyLost
from newsletters.testing import REFUSED, FakeTransport
from tests.newsletters.conftest import states, subscription_of
from tests.newsletters.results.test_dispatches import logged, page_of


@pytest.fixture
def client(hub: Any) -> Client:
    client = Client()
    client.force_login(hub.users["approver"])
    return client


FULL = Reply(code=552, text="5.2.2 full")


def test_the_rest_is_counted_before_and_nobody_gets_it_twice(hub: Any, client: Client, clock: Any, work: Any) -> None:
    hub.subscribe("got", "nosuch", "full", "lost", "cut")
    hub.subscribe("left", "back")
    hub.subscribe("nostory", "chose", themes=["climate"])
    dispatch = hub.send()
    for name in ("left", "back"):
        unsubscribe(subscription_of(name, dispatch), source=ConsentSource.ONE_CLICK, now=clock())
    script: dict[str, Reply | Exception] = {"nosuch": REFUSED, "full": FULL, "lost": ReplyLost("lost")}
    replies = {f"{name}@example.org": [reply] for name, reply in script.items()}
    work(dispatch, FakeTransport(replies=replies, on_send=lambda message: cut(message, dispatch, clock)))
    assert states(dispatch) == {"accepted": 1, "rejected": 2, "uncertain": 1, "cancelled": 1, "excluded": 4}
    Subscription.objects.filter(subscriber__email="back@example.org").update(status="active")
    data = Subscription.objects.filter(subscriber__email="got@example.org").get().theme_set
    Subscription.objects.filter(subscriber__email="chose@example.org").update(theme_set=data)
    hub.subscribe("joined")
    hub.subscribe("joined-power", themes=["power"])
    hub.subscribe("joined-climate", themes=["climate"])

    page = client.get(page_of("rest", dispatch)).content.decode()
    assert "Send it to 6 readers now" in page
    counts = [int(cell.split("<")[0]) for cell in page.split('class="hub-number">')[2:]]
    assert counts == [1, 1, 2, 2, 6]
    assert "One mail is uncertain" in page

    assert client.post(page_of("rest", dispatch)).status_code == 302
    assert client.post(page_of("rest", dispatch), follow=True).status_code == 200  # a second click
    follower = Dispatch.objects.exclude(pk=dispatch.pk).get()
    assert logged(dispatch)[-1] == "Sending to 6 readers who had not got it"
    transport = FakeTransport()
    work(follower, transport)
    expected = ["back", "chose", "cut", "full", "joined", "joined-power"]
    assert sorted(transport.recipients) == sorted(f"{name}@example.org" for name in expected)
    texts = {one.recipient.partition("@")[0]: one.data for one in transport.handovers}
    assert b"A town meeting" not in texts["joined"]
    assert b"A town meeting" in texts["joined-power"]  # nobody followed that then: every story
    assert b"Open data for all" in texts["joined-power"]
    assert follower.content_hash == dispatch.content_hash
    again = client.get(page_of("rest", follower)).content.decode()
    assert "All current subscribers have this issue" in again


def cut(message: Any, dispatch: Dispatch, clock: Any) -> None:
    """Cancel the dispatch when the last mail but one is handed over."""
    if "lost@" in str(message["To"]):
        ledger.cancel(dispatch, now=clock())


def test_after_a_cancelled_sending_the_rest_brings_the_issue_back_to_the_archive_once(
    hub: Any, client: Client, clock: Any, work: Any
) -> None:
    hub.subscribe("ann", "bob")
    dispatch = hub.send()
    ledger.cancel(dispatch, now=clock())
    issues = "/api/v1/newsletters/letter/issues"
    assert Client().get(issues).json()["count"] == 0
    client.post(page_of("rest", dispatch))
    follower = Dispatch.objects.get(follows=dispatch)
    work(follower, FakeTransport())
    Subscription.objects.filter(subscriber__email="bob@example.org").update(status="ended")
    hub.subscribe("cem")
    client.post(page_of("rest", follower))
    assert Dispatch.objects.filter(follows=dispatch).count() == 2
    detail = Client().get(f"{issues}/{hub.issue.slug}").json()
    assert [edition["language"] for edition in detail["editions"]] == ["en", "nl"]
