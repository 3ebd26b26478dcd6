"""Readers of whom nothing has been heard for long are asked once; a yes keeps the newsletter, silence ends it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.change_address import confirm_address_change
from newsletters.audience.actions.change_subscription import change_choices
from newsletters.audience.actions.join_newsletter import join_newsletter
from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.actions.pause_subscriptions import pause_subscriptions
from newsletters.audience.actions.set_aside import restore
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.queries import audience
from newsletters.audience.question_tokens import make_question_token
from newsletters.audience.readers.conditions import Conditions, matching
from newsletters.audience.retention import kept_data
from newsletters.audience.sleeping.answer import still_wanted
from newsletters.audience.sleeping.ask import ask_sleeping
from newsletters.audience.sleeping.end_unanswered import end_unanswered
from newsletters.audience.tasks import answer_by_mail, keep_house
from newsletters.conf import conf
from newsletters.models import ConsentEvent, ConsentSource, Delivery, Dispatch, SignUp, Subscription
from newsletters.sending.transport.seam import Reply, ReplyLost
from newsletters.testing import FakeTransport
from tests.newsletters.audience.segments.test_kinds import names, words
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

Kind, Status = SignUp.Kind, Subscription.Status
LONG_AGO = timedelta(days=37 * 31)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def mails(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting(), "ASK_SLEEPING": True}
    return transport


@pytest.fixture
def sleeper(hub: Hub) -> Subscription:
    """Somebody who confirmed long ago, to whom the last issue was sent, beside somebody who confirmed today."""
    sleeper, _awake = hub.subscribe("sleeper", "awake")
    Subscription.objects.filter(pk=sleeper.pk).update(heard_at=hub.now - LONG_AGO)
    arrive(hub.send())
    sleeper.refresh_from_db()
    return sleeper


def arrive(dispatch: Dispatch) -> None:
    now = timezone.now()
    settled = {"status": Delivery.Status.ACCEPTED, "attempts": 1, "first_tried_at": now, "settled_at": now}
    dispatch.deliveries.update(**settled)


def listed(now: datetime) -> list[str]:
    found = matching(Conditions(state="sleeping"), now=now)
    return [reader.email.partition("@")[0] for reader in found]


def ask(mails: FakeTransport, *, now: datetime) -> SignUp:
    """Let the clock ask, and a worker send the mail; return the question."""
    assert ask_sleeping(now=now) == 1
    question = SignUp.objects.get(kind=Kind.STILL)
    answer_by_mail.call(question.pk)
    question.refresh_from_db()
    return question


def page_of(question: SignUp) -> str:
    return reverse("newsletters:still-wanted", args=[make_question_token(sign_up_pk=question.pk)])


def status_of(subscription: Subscription) -> str:
    return Subscription.objects.get(pk=subscription.pk).status


def test_who_sleeps_is_a_filter_and_a_condition(hub: Hub, sleeper: Subscription) -> None:
    assert listed(hub.now) == ["sleeper"]
    assert names(hub, "sleeping", sleeping="yes") == {"sleeper"}
    assert names(hub, "sleeping", sleeping="no") == {"awake"}
    assert words(hub, "sleeping", sleeping="yes") == "have given no sign of life for 36 months"
    page = client_of(hub, "administrator").get(reverse("newsletters_admin:reader", args=[sleeper.subscriber_id]))
    assert "Last sign of life: " in page.content.decode()


def test_nobody_sleeps_through_mails_that_never_arrived(hub: Hub, sleeper: Subscription) -> None:
    Delivery.objects.update(status=Delivery.Status.REJECTED)
    assert listed(hub.now) == []
    Delivery.objects.update(status=Delivery.Status.ACCEPTED)
    Subscription.objects.filter(pk=sleeper.pk).update(status=Status.ENDED)
    assert listed(hub.now) == []


def _choose(subscription: Subscription, **who: Any) -> None:
    now = timezone.now()
    change_choices(
        subscription, locale=subscription.locale, themes=[], source=ConsentSource.PREFERENCES, now=now, **who
    )


def _pause(subscription: Subscription, **who: Any) -> None:
    until = timezone.localdate() + DAY
    pause_subscriptions(subscription.subscriber, until=until, now=timezone.now(), **who)


def _come_back(subscription: Subscription, **who: Any) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(status=Status.BOUNCED)
    restore(subscription, note="called", now=timezone.now(), **who)


@pytest.mark.parametrize("act", [_choose, _pause, _come_back])
def test_what_only_the_reader_can_do_is_a_sign_of_life_and_what_staff_do_is_none(
    hub: Hub, sleeper: Subscription, act: Callable[..., None]
) -> None:
    act(sleeper, user=hub.users["administrator"])
    sleeper.refresh_from_db()
    assert sleeper.heard_at < hub.now - DAY
    Subscription.objects.update(paused_until=None)
    act(sleeper, user=None)
    sleeper.refresh_from_db()
    assert sleeper.heard_at >= hub.now


def test_confirming_joining_and_a_new_name_are_signs_of_life_too(hub: Hub, sleeper: Subscription) -> None:
    person = reverse("newsletters:person", args=[make_person_token(subscriber_pk=sleeper.subscriber_id)])
    Client().post(person, {"do": "name", "first_name": "Sleepy"})
    sleeper.refresh_from_db()
    assert sleeper.heard_at >= hub.now
    long_ago = hub.now - LONG_AGO
    Subscription.objects.filter(pk=sleeper.pk).update(status=Status.ENDED, heard_at=long_ago)
    joins = {"newsletter": hub.newsletter, "locale": sleeper.locale, "wording": "", "statement": None}
    assert join_newsletter(sleeper.subscriber, **joins, now=hub.now)
    sleeper.refresh_from_db()
    assert sleeper.heard_at == hub.now
    Subscription.objects.filter(pk=sleeper.pk).update(status=Status.ENDED, heard_at=long_ago)
    Client().post(reverse("newsletters:confirm", args=[_confirmation(hub.ask("sleeper"))]))
    sleeper.refresh_from_db()
    assert sleeper.heard_at >= hub.now


def _confirmation(asked: SignUp) -> str:
    from newsletters.audience.confirmation_tokens import make_confirmation_token

    return make_confirmation_token(sign_up_pk=asked.pk)


def test_the_mail_asks_once_in_the_readers_language(hub: Hub, sleeper: Subscription, mails: FakeTransport) -> None:
    Subscription.objects.filter(pk=sleeper.pk).update(locale=hub.locales["nl"])
    question = ask(mails, now=hub.now)
    (attempt,) = mails.handovers
    mail = message_from_bytes(attempt.data, policy=policy.default)
    assert (mail["To"], mail["Subject"]) == ("sleeper@example.org", "Wil je De Brief nog ontvangen?")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert page_of(question).rpartition("/")[0] in text
    assert "30 dagen" in text
    for days in (0, 2, 29):
        assert ask_sleeping(now=hub.now + days * DAY) == 0
    answer_by_mail.call(question.pk)
    assert len(mails.handovers) == 1


def test_a_yes_is_booked_once_and_asks_for_nothing_for_years(
    hub: Hub, sleeper: Subscription, mails: FakeTransport
) -> None:
    question = ask(mails, now=hub.now)
    client = Client(enforce_csrf_checks=True)
    shown = BeautifulSoup(client.get(page_of(question)).content, "html.parser")
    assert shown.h1
    assert shown.h1.get_text() == "Do you still want “The Letter”?"
    assert [button["value"] for button in shown.select("button[name=answer]")] == ["yes", "no"]
    assert not sleeper.consent_events.exists()  # looking is no answer
    for _click in range(2):
        assert "Thank you" in client.post(page_of(question), {"answer": "yes"}).content.decode()
    event = sleeper.consent_events.get()
    assert (event.kind, event.source, event.wording) == ("renewed", "question", "Do you still want “The Letter”?")
    assert listed(hub.now) == []
    assert end_unanswered(now=hub.now + 60 * DAY) == 0
    assert status_of(sleeper) == Status.ACTIVE


@pytest.mark.parametrize("status", Subscription.SET_ASIDE)
def test_a_yes_brings_back_what_was_set_aside_meanwhile(
    hub: Hub, sleeper: Subscription, mails: FakeTransport, status: str
) -> None:
    question = ask(mails, now=hub.now)
    Subscription.objects.filter(pk=sleeper.pk).update(status=status)
    assert "You will get the next issue" in Client().post(page_of(question), {"answer": "yes"}).content.decode()
    assert sleeper in audience(hub.newsletter)
    kinds = sleeper.consent_events.order_by("pk").values_list("kind", "source")
    assert list(kinds) == [("restored", "question"), ("renewed", "question")]


def test_a_yes_during_a_pause_says_when_mail_comes_again(hub: Hub, sleeper: Subscription, mails: FakeTransport) -> None:
    question = ask(mails, now=hub.now)
    Subscription.objects.filter(pk=sleeper.pk).update(paused_until="2999-01-01")
    page = Client().post(page_of(question), {"answer": "yes"}).content.decode()
    assert "again from Jan. 1, 2999 on" in page or "again from 1 January 2999 on" in page
    assert "You will get the next issue" not in page
    assert sleeper not in audience(hub.newsletter)


def test_a_no_ends_it_and_a_late_yes_does_not_bring_it_back(
    hub: Hub, sleeper: Subscription, mails: FakeTransport
) -> None:
    question = ask(mails, now=hub.now)
    for answer in ("no", "no", "yes", "maybe"):
        page = Client().post(page_of(question), {"answer": answer}).content.decode()
        assert "You are unsubscribed" in page
        assert "/n/p/" not in page
    assert status_of(sleeper) == Status.ENDED
    assert [event.kind for event in sleeper.consent_events.all()] == ["withdrawn"]


def test_silence_ends_it_after_the_days_that_the_mail_names(
    hub: Hub, sleeper: Subscription, mails: FakeTransport
) -> None:
    ask(mails, now=hub.now)
    keep_retention(now=hub.now + 20 * DAY)  # longer than other requests are kept
    assert end_unanswered(now=timezone.now() + (conf.ANSWER_DAYS - 1) * DAY) == 0
    assert _numbers() == (0, 0, 1)
    for ended in (1, 0):
        assert end_unanswered(now=timezone.now() + (conf.ANSWER_DAYS + 1) * DAY) == ended
    assert status_of(sleeper) == Status.ENDED
    event = sleeper.consent_events.get()
    assert (event.kind, event.source, event.user) == ("withdrawn", "silence", None)


def _numbers() -> tuple[int, int, int] | None:
    (kept,) = [kept for kept in kept_data() if "did not answer" in kept.what]
    return kept.numbers(now=timezone.now())


@pytest.mark.parametrize(
    "reply", [Reply(code=550, text="5.1.1 no such user"), ReplyLost("gone"), Reply(code=451, text="later")]
)
def test_nobody_loses_a_newsletter_over_a_mail_that_may_not_have_arrived_or_is_asked_again(
    hub: Hub, sleeper: Subscription, mails: FakeTransport, monkeypatch: pytest.MonkeyPatch, reply: Any
) -> None:
    mails.replies = {"sleeper@example.org": [reply]}
    ask(mails, now=hub.now)
    SignUp.objects.update(mail_due_at=None)  # the clock gave up
    assert end_unanswered(now=hub.now + 100 * DAY) == 0
    assert ask_sleeping(now=hub.now + 100 * DAY) == 0
    assert status_of(sleeper) == Status.ACTIVE


@pytest.mark.parametrize(
    "changes", [{"basis": "relation"}, {"status": "bounced"}, {"paused_until": "2999-01-01"}], ids=str
)
def test_members_who_is_set_aside_and_who_pauses_are_not_asked(
    hub: Hub, sleeper: Subscription, changes: dict[str, str]
) -> None:
    Subscription.objects.filter(pk=sleeper.pk).update(**changes)
    assert ask_sleeping(now=hub.now) == 0


def test_the_clock_asks_only_where_the_setting_says_so(hub: Hub, sleeper: Subscription, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"ASK_SLEEPING": False}
    keep_house()
    assert not SignUp.objects.exists()
    assert _numbers() is None
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"ASK_SLEEPING": True}
    keep_house()
    assert SignUp.objects.get().kind == Kind.STILL


def test_a_new_address_is_a_sign_of_life_and_no_question_names_the_former_one(
    hub: Hub, sleeper: Subscription, mails: FakeTransport
) -> None:
    ask(mails, now=hub.now)
    moving = SignUp.objects.create(
        kind=Kind.ADDRESS,
        subscriber=sleeper.subscriber,
        email="new@example.net",
        newsletter=sleeper.newsletter,
        locale=sleeper.locale,
        theme_set=sleeper.theme_set,
        requested_at=timezone.now(),
    )
    assert confirm_address_change(moving, now=timezone.now())
    assert not SignUp.objects.filter(kind=Kind.STILL).exists()
    sleeper.refresh_from_db()
    assert sleeper.heard_at >= hub.now


def test_a_question_goes_some_days_after_a_sign_of_life(hub: Hub, sleeper: Subscription, mails: FakeTransport) -> None:
    question = ask(mails, now=hub.now)
    keep_retention(now=hub.now + 15 * DAY)
    assert SignUp.objects.exists()
    still_wanted(question, wording="", now=timezone.now())
    keep_retention(now=hub.now + 15 * DAY)
    assert not SignUp.objects.exists()
    assert "This link does not work" in Client().get(page_of(question)).content.decode()


def test_forged_tokens_answer_nothing(sleeper: Subscription) -> None:
    for token in ("x", signing.dumps(sleeper.pk), make_person_token(subscriber_pk=sleeper.subscriber_id)):
        page = Client().post(reverse("newsletters:still-wanted", args=[token]), {"answer": "no"}).content.decode()
        assert "This link does not work" in page
    assert status_of(sleeper) == Status.ACTIVE
    assert not ConsentEvent.objects.exists()
