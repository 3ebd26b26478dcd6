"""What strangers try with somebody else's address, and what may happen at the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions import keep_retention as retention
from newsletters.audience.actions.answer_sign_up import answer_sign_up
from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.audience.actions.request_link import request_link
from newsletters.audience.actions.set_aside import set_aside
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.queries import audience
from newsletters.audience.retention import left_long_ago
from newsletters.audience.tasks import answer_by_mail
from newsletters.conf import conf
from newsletters.models import ConsentSource, SignUp, Subscriber, Subscription
from newsletters.sending.transport.seam import ReplyLost
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub

Status = Subscription.Status
LATER = timedelta(days=conf.KEEP_ENDED_DAYS + 1)


@pytest.fixture
def mails(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def ask_for_link(hub: Hub, email: str, *, now: datetime | None = None) -> SignUp:
    now = now or timezone.now()
    return request_link(email=email, newsletter=hub.newsletter, locale=hub.locales["en"], now=now)


@pytest.mark.parametrize("look_alike", ["weiß@example.org", "weıss@example.org"])
def test_an_address_that_only_looks_alike_opens_nobodys_page(hub: Hub, mails: FakeTransport, look_alike: str) -> None:
    hub.subscribe("weiss")
    answer_sign_up(ask_for_link(hub, look_alike), now=timezone.now())
    assert mails.handovers == []


def test_who_is_known_gets_the_link_at_their_own_address(hub: Hub, mails: FakeTransport) -> None:
    hub.subscribe("ann")
    answer_sign_up(ask_for_link(hub, "ANN@EXAMPLE.ORG"), now=timezone.now())
    assert mails.recipients == ["ann@example.org"]


def test_a_mail_whose_answer_was_lost_is_not_sent_again_and_again(hub: Hub, mails: FakeTransport) -> None:
    asked = hub.ask("ann")
    SignUp.objects.update(mail_due_at=timezone.now())
    mails.replies = {"ann@example.org": [ReplyLost("connection lost")]}
    for _run in range(3):
        answer_by_mail.call(asked.pk)
        SignUp.objects.update(mailed_at=None)  # as if hours had passed
    assert len(mails.handovers) == 1


def test_two_tasks_for_one_request_send_one_mail(hub: Hub, mails: FakeTransport) -> None:
    asked = hub.ask("ann")
    first, second = (SignUp.objects.get(pk=asked.pk) for _task in range(2))

    def meanwhile(_message: object) -> None:
        mails.on_send = lambda _message: None
        answer_sign_up(second, now=timezone.now())

    mails.on_send = meanwhile
    answer_sign_up(first, now=timezone.now())
    assert len(mails.handovers) == 1


def test_links_that_nobody_used_are_mailed_three_times_a_week_at_most(hub: Hub, mails: FakeTransport) -> None:
    hub.subscribe("ann")
    for day in range(7):
        at = timezone.now() + timedelta(days=day, minutes=day)
        answer_sign_up(ask_for_link(hub, "ann@example.org", now=at), now=at)
    assert len(mails.handovers) == conf.MOST_CONFIRMATIONS


def test_requests_whose_links_have_expired_leave_room_for_a_new_one(hub: Hub, mails: FakeTransport) -> None:
    for day in range(3):
        at = timezone.now() + timedelta(days=day, minutes=day)
        answer_sign_up(hub.ask("ann"), now=at)
    answer_sign_up(hub.ask("ann"), now=timezone.now() + timedelta(days=conf.CONFIRM_WITHIN_DAYS + 4))
    assert len(mails.handovers) == 4


def test_a_stranger_gives_nobody_a_new_name_and_the_page_shows_what_is_confirmed(hub: Hub, client: Client) -> None:
    (ann,) = hub.subscribe("ann", status=Status.ENDED)
    asked = hub.ask("ann", themes=["power"])
    SignUp.objects.filter(pk=asked.pk).update(first_name="See evil.example")
    link = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=asked.pk)])
    page = client.get(link).content.decode()
    for words in ("See evil.example", "English", hub.themes["power"].name_in("en")):
        assert words in page
    client.post(link)
    assert Subscriber.objects.get(pk=ann.subscriber_id).first_name == "Ann"


def test_who_comes_back_is_not_paused_any_more(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann")
    pause_subscriptions(ann.subscriber, until=timezone.localdate() + timedelta(days=300), now=timezone.now())
    unsubscribe(ann, source=ConsentSource.ONE_CLICK, now=timezone.now())
    confirm_sign_up(hub.ask("ann"), wording="", now=timezone.now())
    assert audience(hub.newsletter).exists()


def test_a_pause_is_over_on_its_day_even_before_the_clock_looks(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann")
    pause_subscriptions(ann.subscriber, until=timezone.localdate(), now=timezone.now())
    assert audience(hub.newsletter).exists()


def test_retention_leaves_out_who_asked_to_come_back(hub: Hub) -> None:
    hub.subscribe("ann", status=Status.ENDED)
    asked = hub.ask("ann")
    SignUp.objects.update(requested_at=timezone.now() + LATER)
    retention.keep_retention(now=timezone.now() + LATER)
    assert confirm_sign_up(asked, wording="", now=timezone.now() + LATER)


def test_retention_looks_again_before_each_person(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    bob, _ann = hub.subscribe("bob", "ann", status=Status.ENDED)
    real = left_long_ago
    stale = list(real(now=timezone.now() + LATER))
    Subscription.objects.filter(pk=bob.pk).update(status=Status.ACTIVE)
    answers = iter([stale])
    monkeypatch.setattr(retention, "left_long_ago", lambda *, now: next(answers, None) or real(now=now))
    retention.keep_retention(now=timezone.now() + LATER)
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["bob@example.org"]


def test_people_without_any_subscription_are_not_kept_for_ever(hub: Hub) -> None:
    hub.subscribe("ann")
    Subscription.objects.all().delete()
    retention.keep_retention(now=timezone.now() + LATER)
    assert not Subscriber.objects.exists()


def test_what_is_done_with_somebody_who_was_just_erased_does_nothing(hub: Hub) -> None:
    (ann,), asked = hub.subscribe("ann"), hub.ask("bob")
    Subscriber.objects.all().delete()
    SignUp.objects.all().delete()
    assert unsubscribe(ann, source=ConsentSource.ONE_CLICK, now=timezone.now()) is False
    assert set_aside(ann, status=Status.BOUNCED, note="", now=timezone.now()) is False
    assert confirm_sign_up(asked, wording="", now=timezone.now()) is None


@pytest.mark.parametrize("theme", ["9" * 31, "-1", "1e3", "٣", "\ud800", "x"])
def test_a_theme_that_cannot_be_one_is_refused_in_words(hub: Hub, client: Client, theme: str) -> None:
    asked = {"email": "eve@example.org", "language": "en"}
    if theme != "\ud800":
        page = client.post("/n/s/letter/en", asked | {"themes": [theme]})
        assert page.status_code == 200
        assert 'role="alert"' in page.content.decode()
    api = client.post("/api/v1/newsletters/letter/subscriptions", asked | {"themes": [theme]}, "application/json")
    assert api.status_code == 422
    assert not SignUp.objects.exists()


def test_the_focus_goes_to_the_first_error(hub: Hub, client: Client) -> None:
    page = client.post("/n/s/letter/en", {"email": "nobody", "language": "en"}).content.decode()
    assert page.count("autofocus") >= 1
    assert page.index("autofocus") > page.index('name="email"') - 200
    assert "autofocus" not in client.get("/n/s/letter/en").content.decode()


def test_the_choices_say_that_nothing_is_sent(hub: Hub, client: Client) -> None:
    from newsletters.values.personal_links import Purpose, make_token

    (ann,) = hub.subscribe("ann", status=Status.BOUNCED)
    choices = reverse("newsletters:preferences", args=[make_token(Purpose.PREFERENCES, subscription_pk=ann.pk)])
    assert "Nothing is sent to you at the moment" in client.get(choices).content.decode()
    saved = client.post(choices, {"themes": [hub.themes["power"].pk], "language": "en"}, follow=True)
    assert "Saved." in saved.content.decode()
