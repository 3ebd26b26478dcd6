"""A change of address: both mailboxes have a say, strangers learn nothing, and it can be undone."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from newsletters.audience.actions.answer_sign_up import answer_sign_up
from newsletters.audience.actions.change_address import confirm_address_change, undo_address_change
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.address_tokens import AddressPurpose, make_address_token, read_address_token
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.personal_data import personal_data_of
from newsletters.conf import conf
from newsletters.exceptions import WrongToken
from newsletters.models import ConsentEvent, NewsletterPage, SignUp, Subscriber, Subscription, Suppression
from newsletters.testing import FakeTransport
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.building import Hub

Kind, Status = SignUp.Kind, Subscription.Status
OLD, NEW, THIRD = "ann@example.org", "anna@example.net", "third@example.com"
CHANGED, UNCHANGED = "Your address is changed", "Your address is not changed"


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def ann(hub: Hub) -> Subscriber:
    (ann,) = hub.subscribe("ann")
    return ann.subscriber


@pytest.fixture(autouse=True)
def mails(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def page_of(subscriber: Subscriber) -> str:
    return reverse("newsletters:person", args=[make_person_token(subscriber_pk=subscriber.pk)])


def ask(client: Client, subscriber: Subscriber, email: str) -> str:
    return client.post(page_of(subscriber), {"do": "address", "email": email}).content.decode()


def send_all() -> None:
    for sign_up in SignUp.objects.filter(mail_due_at__isnull=False).select_related("newsletter", "locale"):
        if answer_sign_up(sign_up, now=timezone.now()):
            SignUp.objects.filter(pk=sign_up.pk).update(mail_due_at=None)


def newest_link(mails: FakeTransport, to: str, path: str) -> str:
    """Return the link in the newest mail to this address: `path` is a for confirming, r for undoing, m for the page."""
    send_all()
    mail = message_from_bytes(mails.attempts_for(to)[-1].data, policy=policy.default)
    (link,) = set(re.findall(rf"http://hub\.test(/n/{path}/[\w:.-]+)", mail.get_body(("plain",)).get_content()))  # type: ignore[union-attr]
    return link


def change(client: Client, mails: FakeTransport, subscriber: Subscriber, email: str) -> None:
    ask(client, subscriber, email)
    assert CHANGED in client.post(newest_link(mails, email, "a")).content.decode()


def address_of(subscriber: Subscriber) -> str:
    return Subscriber.objects.get(pk=subscriber.pk).email


def test_it_is_confirmed_at_the_new_address_and_told_to_the_old_one(
    client: Client, ann: Subscriber, mails: FakeTransport
) -> None:
    assert "Check your new inbox" in ask(client, ann, NEW)
    confirm = newest_link(mails, NEW, "a")
    assert OLD not in client.get(confirm).content.decode()  # a typing error tells nobody whose it was
    assert address_of(ann) == OLD
    for _click in range(2):
        assert CHANGED in client.post(confirm).content.decode()
    assert address_of(ann) == NEW
    send_all()
    send_all()
    assert mails.recipients == [NEW, OLD]
    (event,) = ConsentEvent.objects.all()
    assert (event.kind, event.source, event.note) == (
        "moved",
        "confirmation page",
        "a•••@example.org → a•••@example.net",
    )
    assert event.message_id
    assert Suppression.objects.of(OLD).exists()  # no import brings the former address back


def test_it_can_be_undone_from_the_old_address(client: Client, ann: Subscriber, mails: FakeTransport) -> None:
    change(client, mails, ann, NEW)
    undo = newest_link(mails, OLD, "r")
    assert f"to {OLD} again?" in client.get(undo).content.decode()
    assert address_of(ann) == NEW
    for _click in range(2):
        assert CHANGED in client.post(undo).content.decode()
    assert address_of(ann) == OLD
    assert not Suppression.objects.of(OLD).exists()
    assert [event.source for event in ConsentEvent.objects.all()] == ["notice", "confirmation page"]


def test_undoing_takes_back_every_later_change_and_their_links(
    client: Client, ann: Subscriber, mails: FakeTransport
) -> None:
    change(client, mails, ann, NEW)
    change(client, mails, ann, THIRD)
    later = newest_link(mails, NEW, "r")
    ask(client, ann, "fourth@example.com")
    pending = newest_link(mails, "fourth@example.com", "a")
    client.post(newest_link(mails, OLD, "r"))
    assert address_of(ann) == OLD
    for link in (later, pending):
        assert UNCHANGED in client.post(link).content.decode()
    assert address_of(ann) == OLD


def test_the_old_address_hears_of_every_change_of_the_day(
    client: Client, ann: Subscriber, mails: FakeTransport
) -> None:
    for new in (NEW, THIRD):
        change(client, mails, ann, new)
        client.post(newest_link(mails, OLD, "r"))
    assert mails.recipients.count(OLD) == 2
    assert address_of(ann) == OLD


def test_links_to_the_page_from_before_open_it_no_more(client: Client, ann: Subscriber, mails: FakeTransport) -> None:
    link = page_of(ann)
    change(client, mails, ann, NEW)
    assert NEW in client.get(page_of(ann)).content.decode()
    Subscriber.objects.update(address_changed_at=timezone.now() + timedelta(seconds=5))
    assert "This link does not work" in client.get(link).content.decode()
    assert "This link does not work" in client.post(link, {"do": "erase"}).content.decode()
    assert Subscriber.objects.exists()


def test_the_answer_is_the_same_for_every_address(client: Client, hub: Hub, ann: Subscriber) -> None:
    hub.subscribe("bob")
    hub.subscribe("gone", status=Status.ENDED)
    Suppression.add("erased@example.org", reason=Suppression.Reason.ERASED, now=timezone.now())
    link = page_of(ann)
    answers = {
        client.post(link, {"do": "address", "email": f"{name}@example.org"}).content
        for name in ("bob", "gone", "erased", "new")
    }
    assert len(answers) == 1


def test_an_address_with_newsletters_gets_the_link_to_its_own_page(
    client: Client, hub: Hub, ann: Subscriber, mails: FakeTransport
) -> None:
    (bob,) = hub.subscribe("bob")
    ask(client, ann, "bob@example.org")
    page = client.get(newest_link(mails, "bob@example.org", "m")).content.decode()
    assert "bob@example.org" in page
    assert OLD not in page
    assert (address_of(ann), address_of(bob.subscriber)) == (OLD, "bob@example.org")


def test_two_people_are_never_made_one(client: Client, hub: Hub, ann: Subscriber, mails: FakeTransport) -> None:
    ask(client, ann, "bob@example.org")
    confirm = newest_link(mails, "bob@example.org", "a")
    hub.subscribe("bob", status=Status.ENDED)  # meanwhile
    assert UNCHANGED in client.post(confirm).content.decode()
    assert address_of(ann) == OLD
    assert not ConsentEvent.objects.exists()


def test_an_old_address_that_somebody_uses_by_now_stays_theirs(
    client: Client, hub: Hub, ann: Subscriber, mails: FakeTransport
) -> None:
    change(client, mails, ann, NEW)
    undo = newest_link(mails, OLD, "r")
    hub.subscribe("ann")
    assert UNCHANGED in client.post(undo).content.decode()
    assert address_of(ann) == NEW


def test_confirming_lifts_the_suppression_of_the_new_address(
    client: Client, ann: Subscriber, mails: FakeTransport
) -> None:
    Suppression.add(NEW, reason=Suppression.Reason.ERASED, now=timezone.now())
    ask(client, ann, NEW)
    assert Suppression.objects.of(NEW).exists()
    client.post(newest_link(mails, NEW, "a"))
    assert not Suppression.objects.of(NEW).exists()


def test_only_one_of_two_requests_is_confirmed(client: Client, ann: Subscriber, mails: FakeTransport) -> None:
    ask(client, ann, NEW)
    ask(client, ann, THIRD)
    first, second = newest_link(mails, NEW, "a"), newest_link(mails, THIRD, "a")
    assert CHANGED in client.post(second).content.decode()
    assert UNCHANGED in client.post(first).content.decode()
    assert address_of(ann) == THIRD


def test_an_address_gets_one_such_mail_a_day(client: Client, hub: Hub, ann: Subscriber, mails: FakeTransport) -> None:
    (bob,) = hub.subscribe("bob")
    for who in (ann, ann, bob.subscriber):
        ask(client, who, NEW)
        send_all()
    assert mails.recipients == [NEW]


def test_a_client_may_not_ask_without_end(client: Client, ann: Subscriber, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UPS_PER_HOUR": 2}
    answers = [client.post(page_of(ann), {"do": "address", "email": f"{n}@example.org"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize("email", ["", "nobody", "ANN@EXAMPLE.ORG", "x@[10.0.0.5]", "root@localhost", "a\r\n@b.org"])
def test_an_address_that_cannot_be_says_so(client: Client, ann: Subscriber, email: str) -> None:
    soup = BeautifulSoup(ask(client, ann, email), "html.parser")
    assert soup.title
    assert soup.title.text.startswith("Error: ")
    (field,) = soup.select("#id_email[autofocus]")
    assert soup.select(f"#{field['aria-describedby']} .error")
    assert not SignUp.objects.exists()


def test_forged_and_expired_links_do_nothing(client: Client, ann: Subscriber, settings: Any) -> None:
    asked = SignUp.objects.create(
        kind=Kind.ADDRESS,
        subscriber=ann,
        email=NEW,
        newsletter=ann.subscriptions.get().newsletter,
        locale=ann.subscriptions.get().locale,
        theme_set=ann.subscriptions.get().theme_set,
        requested_at=timezone.now(),
    )
    confirm, undo = (make_address_token(purpose, sign_up_pk=asked.pk) for purpose in AddressPurpose)
    others = (
        make_confirmation_token(sign_up_pk=asked.pk),
        make_person_token(subscriber_pk=asked.pk),
        make_token(Purpose.PREFERENCES, subscription_pk=asked.pk),
        signing.dumps(asked.pk),
        confirm[:-1],
        "",
    )
    wrong = [f"/n/a/{token}" for token in (undo, *others) if token] + [f"/n/r/{token}" for token in (confirm, undo)]
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CONFIRM_WITHIN_DAYS": -1}
    for links, words in (wrong, "This link does not work"), ((f"/n/a/{confirm}",), "This link is too old"):
        for link in links:
            for answer in (client.get(link), client.post(link)):
                assert words in answer.content.decode()
    assert address_of(ann) == OLD


def test_an_expired_link_says_how_to_go_on(
    client: Client, ann: Subscriber, mails: FakeTransport, settings: Any
) -> None:
    ask(client, ann, NEW)
    confirm = newest_link(mails, NEW, "a")
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CONFIRM_WITHIN_DAYS": -1}
    page = BeautifulSoup(client.post(confirm).content, "html.parser")
    (link,) = page.select("main a")
    assert client.post(str(link["href"]), {"email": OLD}).status_code == 200
    assert "/n/m/" in newest_link(mails, OLD, "m")
    NewsletterPage.objects.all().delete()
    assert not BeautifulSoup(client.get(confirm).content, "html.parser").select("main a")
    assert address_of(ann) == OLD


@given(token=st.text(max_size=80), flip=st.integers(0, 200), purpose=st.sampled_from(AddressPurpose))
@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_other_string_is_a_token(token: str, flip: int, purpose: AddressPurpose) -> None:
    good = make_address_token(purpose, sign_up_pk=7)
    assert read_address_token(purpose, token=good).sign_up_pk == 7
    at = flip % len(good)
    for altered in (token, good[:at], f"{good[:at]}{'A' if good[at] != 'A' else 'B'}{good[at + 1 :]}"):
        with pytest.raises(WrongToken):
            read_address_token(purpose, token=altered)


def test_erasing_takes_the_change_and_the_old_address_with_it(
    client: Client, ann: Subscriber, mails: FakeTransport
) -> None:
    change(client, mails, ann, NEW)
    ask(client, ann, THIRD)
    undo, confirm = newest_link(mails, OLD, "r"), newest_link(mails, THIRD, "a")
    waiting = list(SignUp.objects.filter(status=SignUp.Status.WAITING))
    erase_subscriber(Subscriber.objects.get(), user=None, now=timezone.now())
    assert not SignUp.objects.exists()
    for link in (undo, confirm):
        assert "This link does not work" in client.post(link).content.decode()
    for asked in waiting:  # loaded before
        assert not confirm_address_change(asked, now=timezone.now())
        assert not undo_address_change(asked, now=timezone.now())
    assert not Subscriber.objects.exists()


def test_the_old_address_is_kept_as_long_as_it_can_undo(client: Client, ann: Subscriber, mails: FakeTransport) -> None:
    change(client, mails, ann, NEW)
    kept = [request.email for request in personal_data_of(ann, names_staff=False, now=timezone.now()).requests]
    assert sorted(kept) == [OLD, NEW]
    keep_retention(now=timezone.now() + timedelta(days=conf.UNDO_ADDRESS_DAYS, hours=-1))
    assert SignUp.objects.filter(email=OLD).exists()
    keep_retention(now=timezone.now() + timedelta(days=conf.UNDO_ADDRESS_DAYS, hours=1))
    assert not SignUp.objects.filter(email=OLD).exists()


def test_leaving_does_not_end_the_undoing_and_undoing_brings_nobody_back(
    client: Client, hub: Hub, ann: Subscriber, mails: FakeTransport
) -> None:
    change(client, mails, ann, NEW)
    undo = newest_link(mails, OLD, "r")
    client.post(page_of(ann), {"do": "leave"})
    assert CHANGED in client.post(undo).content.decode()
    assert address_of(ann) == OLD
    assert ann.subscriptions.get().status == Status.ENDED
