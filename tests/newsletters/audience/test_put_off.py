"""One mail a day to an address: a second request is served by the first mail, or its mail comes the day after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.answer_sign_up import answer_sign_up
from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.invite import was_asked_lately
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.conf import conf
from newsletters.models import ConsentSource, Newsletter, NewsletterText, SignUp, Subscription
from newsletters.testing import FakeTransport
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.building import Hub

NOW = timezone.now()


@pytest.fixture
def mails(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def asked(hub: Hub, *, newsletter: Newsletter | None = None, at: datetime = NOW) -> SignUp:
    sign_up = hub.ask("ann")
    sign_up.requested_at = sign_up.mail_due_at = at
    sign_up.newsletter = newsletter or hub.newsletter
    sign_up.save()
    return sign_up


def another_newsletter(hub: Hub) -> Newsletter:
    other = Newsletter.objects.create(
        name="Other", slug="other", sender_email="other@hub.test", reply_to="other@hub.test"
    )
    NewsletterText.objects.create(newsletter=other, locale=hub.locales["en"], title="Other", consent_wording="Yes.")
    return other


def test_a_request_for_another_newsletter_is_answered_a_day_later(hub: Hub, mails: FakeTransport) -> None:
    first, other = asked(hub), asked(hub, newsletter=another_newsletter(hub))
    assert answer_sign_up(first, now=NOW)
    assert not answer_sign_up(other, now=NOW + timedelta(minutes=1))
    other.refresh_from_db()
    assert (other.status, other.mail_due_at) == (SignUp.Status.WAITING, NOW + timedelta(days=1))
    assert answer_sign_up(other, now=NOW + timedelta(days=1, minutes=1))
    assert len(mails.handovers) == 2


def test_the_same_request_again_is_served_by_the_mail_under_way(hub: Hub, mails: FakeTransport) -> None:
    first, again = asked(hub), asked(hub)
    assert answer_sign_up(first, now=NOW)
    assert answer_sign_up(again, now=NOW)
    again.refresh_from_db()
    assert again.status == SignUp.Status.NOT_ANSWERED
    assert len(mails.handovers) == 1


def test_who_confirmed_and_left_may_ask_again_on_the_same_day(hub: Hub, mails: FakeTransport) -> None:
    first = asked(hub)
    answer_sign_up(first, now=NOW)
    subscription = confirm_sign_up(first, wording="Yes.", now=NOW)
    assert subscription
    unsubscribe(subscription, source=ConsentSource.UNSUBSCRIBE, now=NOW)
    assert answer_sign_up(asked(hub), now=NOW + timedelta(minutes=5))
    assert len(mails.handovers) == 2


def test_an_older_mail_says_what_holds_once_a_newer_one_was_used(hub: Hub, client: Client) -> None:
    older, newer = asked(hub), asked(hub)
    confirm_sign_up(newer, wording="Yes.", now=NOW)
    link = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=older.pk)])
    page = client.post(link).content.decode()
    assert "You are not subscribed" not in page
    assert Subscription.objects.get().status == Subscription.Status.ACTIVE


def test_nobody_is_invited_whose_address_had_all_its_mails(hub: Hub) -> None:
    for days in range(2, 2 + conf.MOST_CONFIRMATIONS):
        assert not was_asked_lately("ann@example.org", now=NOW)
        at = NOW - timedelta(days=days)
        asked(hub, at=at)
        SignUp.objects.filter(mailed_at=None).update(mailed_at=at)
    assert was_asked_lately("ann@example.org", now=NOW)


def test_pages_offer_no_sign_up_to_a_newsletter_without_one(hub: Hub, client: Client) -> None:
    (ann,) = hub.subscribe("ann")
    sign_up = reverse("newsletters:sign-up", args=[hub.newsletter.slug, "en"])
    link = reverse("newsletters:unsubscribe", args=[make_token(Purpose.UNSUBSCRIBE, subscription_pk=ann.pk)])
    assert sign_up in client.post(link).content.decode()
    hub.page.unpublish()
    assert sign_up not in client.post(link).content.decode()
