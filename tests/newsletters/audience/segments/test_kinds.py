"""Each kind of condition: whom it means, how it reads in words, and what it refuses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.kinds import CONDITION_KINDS
from newsletters.audience.segments.rules import segment_q, segment_words
from newsletters.models import Condition, ConsentEvent, ConsentSource, Dispatch, Subscriber, Subscription
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub


def names(hub: Hub, kind: str, **values: object) -> set[str]:
    """Return whom the condition means; it means nobody twice."""
    q = segment_q([Condition(kind=kind, values=values)], match="all", newsletter=hub.newsletter)
    found = list(Subscription.objects.filter(q, newsletter=hub.newsletter).values_list("subscriber__email", flat=True))
    assert len(found) == len(set(found))
    return {email.partition("@")[0] for email in found}


def words(hub: Hub, kind: str, **values: object) -> str:
    return segment_words([Condition(kind=kind, values=values)], match="all", newsletter=hub.newsletter)


def errors(hub: Hub, kind: str, **values: object) -> dict[str, Any]:
    return dict(CONDITION_KINDS[kind](values, newsletter=hub.newsletter).errors)


def test_language(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.subscribe("nel", language="nl")
    assert names(hub, "language", languages=["nl"]) == {"nel"}
    assert names(hub, "language", languages=["nl", "en"]) == {"ann", "nel"}
    assert words(hub, "language", languages=["nl", "en"]) == "read it in Nederlands or English"
    assert errors(hub, "language", languages=["fr"])


def test_themes_are_any_of_those_chosen(hub: Hub) -> None:
    hub.subscribe("ann", themes=["data", "power"])
    hub.subscribe("bob", themes=["power"])
    hub.subscribe("cem", themes=["climate"])
    assert names(hub, "themes", themes=["data"]) == {"ann"}
    assert names(hub, "themes", themes=["data", "power"]) == {"ann", "bob"}
    assert words(hub, "themes", themes=["data", "power", "climate"]) == "follow Data, Civic power or Climate"
    assert errors(hub, "themes", themes=["history"])


def test_a_day_begins_where_the_newsletter_is(hub: Hub) -> None:
    subscriptions = hub.subscribe("ann", "bob")
    zone = ZoneInfo("Europe/Amsterdam")
    midnight = datetime(2026, 3, 1, tzinfo=zone)
    assert hub.newsletter.zone == zone
    for subscription, at in zip(subscriptions, (midnight, midnight - timedelta(seconds=1)), strict=True):
        Subscription.objects.filter(pk=subscription.pk).update(status_changed_at=at)
    assert names(hub, "subscribed", when="since", day="2026-03-01") == {"ann"}
    assert names(hub, "subscribed", when="before", day="2026-03-01") == {"bob"}
    assert words(hub, "subscribed", when="since", day="2026-03-01") == "subscribed on 1 March 2026 or later"
    assert words(hub, "subscribed", when="before", day="2026-03-01") == "subscribed before 1 March 2026"
    for wrong in ("1 maart", "0001-01-01", "9999-12-31", ""):
        assert errors(hub, "subscribed", when="since", day=wrong), wrong


def test_the_source_is_that_of_the_consent_and_not_of_a_later_change(hub: Hub) -> None:
    ann, bob = hub.subscribe("ann", "bob")
    for subscription, kind, source in (
        (ann, ConsentEvent.Kind.REQUESTED, ConsentSource.SIGN_UP),
        (ann, ConsentEvent.Kind.REQUESTED, ConsentSource.SIGN_UP),
        (bob, ConsentEvent.Kind.REQUESTED, ConsentSource.API),
        (bob, ConsentEvent.Kind.RESTORED, ConsentSource.ADMIN),
    ):
        ConsentEvent.add(subscription, kind=kind, source=source, now=hub.now)
    assert names(hub, "source", sources=["sign-up page"]) == {"ann"}
    assert names(hub, "source", sources=["admin"]) == set()
    assert names(hub, "source", sources=["sign-up page", "api"]) == {"ann", "bob"}
    assert words(hub, "source", sources=["sign-up page", "admin"]) == "came by Sign-up page or Staff"
    assert errors(hub, "source", sources=["one-click"])


def test_the_latest_issues_are_those_that_were_sent_and_not_cancelled(
    hub: Hub, transport: FakeTransport, work: Any
) -> None:
    hub.subscribe("ann")
    first = hub.send()
    work(first, transport)
    hub.subscribe("bob")
    second = hub.send_one_more("Second")
    work(second, transport)
    hub.subscribe("cem")
    assert names(hub, "sent", which="every", issues=1) == {"ann", "bob"}
    assert names(hub, "sent", which="every", issues=2) == {"ann"}
    assert names(hub, "sent", which="every", issues=5) == {"ann"}
    assert names(hub, "sent", which="none", issues=1) == {"cem"}
    Dispatch.objects.filter(pk=second.pk).update(status="cancelled")
    assert names(hub, "sent", which="none", issues=1) == {"bob", "cem"}
    assert words(hub, "sent", which="every", issues=1) == "were sent the last issue"
    assert words(hub, "sent", which="none", issues=3) == "were sent none of the last 3 issues"
    assert errors(hub, "sent", which="every", issues=0)


def test_an_issue_that_was_not_sent_to_somebody_does_not_count(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.subscribe("cor", themes=["climate"])
    assert names(hub, "sent", which="every", issues=1) == set()
    assert names(hub, "sent", which="none", issues=1) == {"ann", "cor"}
    hub.send()  # nothing is on Cor's themes, and Ann's mail still waits
    assert names(hub, "sent", which="every", issues=1) == set()


def test_first_name(hub: Hub) -> None:
    hub.subscribe("ann", "bob")
    Subscriber.objects.filter(email="bob@example.org").update(first_name="")
    assert names(hub, "first_name", first_name="known") == {"ann"}
    assert names(hub, "first_name", first_name="unknown") == {"bob"}
    assert words(hub, "first_name", first_name="unknown") == "have not told us their first name"
    assert errors(hub, "first_name", first_name="")


def test_a_mail_domain_is_compared_as_a_whole(hub: Hub) -> None:
    hub.subscribe("ann", domain="Example.org")
    hub.subscribe("bob", domain="mail.example.org")
    hub.subscribe("cem", domain="müller.example")
    assert names(hub, "mail_domain", domains="example.org") == {"ann"}
    assert names(hub, "mail_domain", domains="@EXAMPLE.org, müller.example") == {"ann", "cem"}
    assert words(hub, "mail_domain", domains="example.org xn--mller-kva.example") == (
        "have an address at example.org or müller.example"
    )
    for wrong in ("", "%", "org", "exa mple", "a" * 70 + ".org"):
        assert errors(hub, "mail_domain", domains=wrong), wrong


def test_every_kind_keeps_what_it_reads(hub: Hub) -> None:
    """What a valid form stores is read again as the same; no kind is left out."""
    filled: dict[str, dict[str, object]] = {
        "language": {"languages": ["nl"]},
        "themes": {"themes": ["data"]},
        "subscribed": {"when": "since", "day": "2026-03-01"},
        "source": {"sources": ["api"]},
        "sent": {"which": "none", "issues": 3},
        "sleeping": {"sleeping": "yes"},
        "first_name": {"first_name": "known"},
        "mail_domain": {"domains": "example.org"},
    }
    assert filled.keys() == CONDITION_KINDS.keys()
    for kind, values in filled.items():
        form: ConditionForm = CONDITION_KINDS[kind](values, newsletter=hub.newsletter)
        assert form.is_valid(), form.errors
        assert form.condition() == Condition(kind=kind, values=values)
        english = form.words()
        with translation.override("nl"):
            assert words(hub, kind, **values) != english
