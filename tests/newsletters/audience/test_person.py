"""A person's own page: only its owner gets there, and can do everything on it without a cookie or a script."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from newsletters.audience.actions.answer_sign_up import answer_sign_up
from newsletters.audience.actions.pause_subscriptions import end_pauses
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.personal_data import in_words, personal_data_of
from newsletters.audience.queries import audience
from newsletters.models import ConsentEvent, Newsletter, SignUp, Subscriber, Subscription, Suppression, ThemeSet
from newsletters.testing import FakeTransport
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.building import Hub

Status = Subscription.Status
LINK = "/n/l/letter/en"


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def ann(hub: Hub) -> Subscription:
    (ann,) = hub.subscribe("ann")
    return ann


@pytest.fixture
def mails(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def page_of(subscription: Subscription) -> str:
    return reverse("newsletters:person", args=[make_person_token(subscriber_pk=subscription.subscriber_id)])


def answer_all() -> None:
    for sign_up in SignUp.objects.filter(status=SignUp.Status.WAITING).select_related("newsletter", "locale"):
        answer_sign_up(sign_up, now=timezone.now())


def test_the_link_is_mailed_to_who_is_known_and_the_answer_is_the_same_for_all(
    hub: Hub, ann: Subscription, client: Client, mails: FakeTransport
) -> None:
    hub.subscribe("gone", status=Status.ENDED)
    answers = {client.post(LINK, {"email": f"{name}@example.org"}).content for name in ("ann", "gone", "eve")}
    assert len(answers) == 1
    answer_all()
    assert sorted(handover.recipient for handover in mails.handovers) == ["ann@example.org", "gone@example.org"]
    (to_ann,) = mails.attempts_for("ann@example.org")
    text = message_from_bytes(to_ann.data, policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (link,) = set(re.findall(r"http://hub\.test(/n/m/[\w:.-]+)", text))
    assert "ann@example.org" in client.get(link).content.decode()


def test_a_mail_that_was_forwarded_does_not_lead_there(ann: Subscription, client: Client, mails: FakeTransport) -> None:
    choose = reverse("newsletters:preferences", args=[make_token(Purpose.PREFERENCES, subscription_pk=ann.pk)])
    assert "/n/m/" not in client.get(choose).content.decode()
    answer = client.post(choose, {"do": "link"})
    assert "/n/m/" not in answer.content.decode()
    answer_all()
    assert [handover.recipient for handover in mails.handovers] == ["ann@example.org"]
    ann.refresh_from_db()
    assert ann.theme_set.key == "data"


def test_the_link_ends_after_a_day_and_no_other_token_opens_the_page(
    ann: Subscription, client: Client, settings: Any
) -> None:
    for purpose in Purpose:
        token = make_token(purpose, subscription_pk=ann.pk)
        assert b"This link does not work" in client.get(reverse("newsletters:person", args=[token])).content
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PERSON_LINK_HOURS": -1}
    assert b"This link is too old" in client.get(page_of(ann)).content
    client.post(page_of(ann), {"do": "erase"})
    assert Subscriber.objects.exists()


def test_an_expired_link_mails_a_new_one_and_answers_the_same_whoever_it_is(
    hub: Hub, ann: Subscription, client: Client, mails: FakeTransport, settings: Any
) -> None:
    (gone,) = hub.subscribe("gone")
    links = [page_of(ann), page_of(gone)]
    gone.subscriber.delete()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PERSON_LINK_HOURS": -1}
    for act in (client.get, client.post):
        shown, other = (act(link).content for link in links)
        assert shown == other
    assert not re.search(r"ann@|/n/m/", shown.decode())
    answer_all()
    assert [handover.recipient for handover in mails.handovers] == ["ann@example.org"]


def test_a_client_may_not_ask_for_new_links_without_end(ann: Subscription, client: Client, settings: Any) -> None:
    limits = {"PERSON_LINK_HOURS": -1, "SIGN_UPS_PER_HOUR": 1}
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | limits
    assert [client.post(page_of(ann)).status_code for _click in range(2)] == [200, 429]


def test_the_page_keeps_the_language_of_the_mail_whatever_is_joined(hub: Hub, client: Client) -> None:
    (bob,) = hub.subscribe("bob", language="nl")
    post = Newsletter.objects.create(name="Post", slug="post", sender_email="post@hub.test", reply_to="post@hub.test")
    now, nothing = timezone.now(), ThemeSet.of([])
    Subscription.objects.create(
        subscriber=bob.subscriber, newsletter=post, locale=hub.locales["en"], theme_set=nothing, status_changed_at=now
    )
    assert '<html lang="nl"' in client.get(page_of(bob)).content.decode()  # that of the oldest, if no mail says so
    for language in ("nl", "en"):
        token = make_person_token(subscriber_pk=bob.subscriber_id, language=language)
        assert f'<html lang="{language}"' in client.get(reverse("newsletters:person", args=[token])).content.decode()


def test_looking_changes_nothing(ann: Subscription, client: Client) -> None:
    before = list(Subscription.objects.values())
    for query in ("", "?show=data", "?show=data&form=json", "?show=erase", "?do=erase", "?saved=1"):
        response = client.get(page_of(ann) + query)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert b"<script" not in response.content
    assert list(Subscription.objects.values()) == before


def test_all_can_be_left_at_once(ann: Subscription, client: Client) -> None:
    page = client.post(page_of(ann), {"do": "leave"}, follow=True).content.decode()
    ann.refresh_from_db()
    assert ann.status == Status.ENDED
    assert "You receive no newsletter." in page
    assert 'value="join"' in page
    assert ann.consent_events.get().source == "person's page"


def test_a_pause_ends_by_itself_or_by_a_button(hub: Hub, ann: Subscription, client: Client) -> None:
    until = timezone.localdate() + timedelta(days=30)
    client.post(page_of(ann), {"do": "pause", "until": f"{until}"})
    assert not audience(hub.newsletter).exists()
    assert "Send me mail again" in client.get(page_of(ann)).content.decode()
    assert end_pauses(today=until - timedelta(days=1)) == 0
    assert end_pauses(today=until) == 1
    assert audience(hub.newsletter).get() == ann
    client.post(page_of(ann), {"do": "pause", "until": f"{until}"})
    client.post(page_of(ann), {"do": "go on"})
    assert audience(hub.newsletter).get() == ann
    assert [event.kind for event in ann.consent_events.all()] == ["continued", "paused", "paused"]


@pytest.mark.parametrize("until", ["", "yesterday", "0001-01-01", "9999-12-31", f"{date.today()}"])  # noqa: DTZ011
def test_a_pause_that_makes_no_sense_says_so(ann: Subscription, client: Client, until: str) -> None:
    soup = BeautifulSoup(client.post(page_of(ann), {"do": "pause", "until": until}).content, "html.parser")
    assert soup.title
    assert soup.title.text.startswith("Error: ")
    assert soup.select("[aria-describedby] ~ .error, .error")
    ann.refresh_from_db()
    assert ann.paused_until is None


def test_a_name_is_changed_and_removed(ann: Subscription, client: Client) -> None:
    for name in ("Anna <b>", ""):
        page = client.post(page_of(ann), {"do": "name", "first_name": name}, follow=True).content.decode()
        assert Subscriber.objects.get().first_name == name
        assert "Saved." in page
        assert "<b>" not in page


def test_a_name_is_kept_on_one_line_without_marks_that_turn_text(ann: Subscription, client: Client) -> None:
    client.post(page_of(ann), {"do": "name", "first_name": "An\u202ena\r\nBcc: b\u2028c \x07می\u200cنا"})
    assert Subscriber.objects.get().first_name == "Anna Bcc: b c می\u200cنا"


def test_a_pause_of_nothing_says_so(ann: Subscription, client: Client) -> None:
    client.post(page_of(ann), {"do": "leave"})
    until = timezone.localdate() + timedelta(days=30)
    page = client.post(page_of(ann), {"do": "pause", "until": f"{until}"}, follow=True).content.decode()
    assert "there is nothing to pause" in page
    assert "Saved." not in page


def test_a_newsletter_that_left_the_readers_language_says_so_and_another_can_be_chosen(
    hub: Hub, client: Client
) -> None:
    (bob,) = hub.subscribe("bob", language="nl")
    words = "so nothing is sent to you"
    choose = reverse("newsletters:preferences", args=[make_token(Purpose.PREFERENCES, subscription_pk=bob.pk)])
    own_page = reverse("newsletters:person", args=[make_person_token(subscriber_pk=bob.subscriber_id, language="en")])
    assert words not in client.get(own_page).content.decode()
    hub.newsletter.texts.get(locale__language_code="nl").delete()
    assert not audience(hub.newsletter).exists()
    assert words in client.get(own_page).content.decode()
    assert "zodat je niets krijgt" in client.get(choose).content.decode()
    client.post(choose, {"themes": hub.themes["data"].pk, "language": "en"})
    assert audience(hub.newsletter).get() == bob
    assert words not in client.get(own_page).content.decode()


def test_the_data_are_readable_and_json(ann: Subscription, client: Client) -> None:
    own_page = page_of(ann)  # its link holds the second in which it was made
    data = json.loads(client.get(f"{own_page}?show=data&form=json").content)
    assert (data["email"], data["subscriptions"][0]["themes"]) == ("ann@example.org", "data")
    response = client.get(f"{own_page}?show=data")
    page = response.content.decode()
    assert "What we keep about ann@example.org" in page
    assert ", English, Data." in page
    assert "What they" not in page  # they read it themselves
    assert f'<a href="{own_page}">Back to your newsletters</a>' in page
    assert "<style>" in page
    assert "style-src 'unsafe-inline'" in response["Content-Security-Policy"]


def test_the_readable_form_names_languages_and_themes_in_the_readers_language(hub: Hub) -> None:
    (bob,) = hub.subscribe("bob", language="nl", themes=["data", "power"])
    ConsentEvent.objects.create(
        subscription=bob, kind="changed", source="person", language="xx", themes="data gone", at=hub.now
    )
    data = personal_data_of(bob.subscriber, names_staff=False, now=hub.now)
    assert (data.subscriptions[0].language, data.subscriptions[0].themes) == ("nl", "data power")
    with translation.override("nl"), CaptureQueriesContext(connection) as captured:
        (shown,) = in_words(data).subscriptions
    names = [hub.themes[slug].name_in("nl") for slug in ("data", "power")]
    assert (shown.language, shown.themes) == ("Nederlands", ", ".join(names))
    assert (shown.events[0].language, shown.events[0].themes) == ("xx", f"{names[0]}, gone")  # no longer there
    assert len(captured) <= 3


def test_erasing_asks_once_and_leaves_no_way_back_but_their_own(ann: Subscription, client: Client) -> None:
    link = page_of(ann)
    assert "it cannot be undone" in client.get(f"{link}?show=erase").content.decode()
    assert "You are erased" in client.post(link, {"do": "erase"}).content.decode()
    assert not Subscriber.objects.exists()
    assert Suppression.objects.of("ann@example.org").exists()
    assert b"This link does not work" in client.post(link, {"do": "erase"}).content  # a second click


@pytest.mark.parametrize("act", [None, "", "nothing", "rejoin"])
def test_a_button_that_is_not_there_does_nothing(ann: Subscription, client: Client, act: str | None) -> None:
    before = list(Subscription.objects.values())
    assert client.post(page_of(ann), {"do": act} if act is not None else {}).status_code == 200
    assert list(Subscription.objects.values()) == before
