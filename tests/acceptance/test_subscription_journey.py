"""From a form to a reader: signing up, confirming by mail, and the same answer for everybody."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.tasks import keep_house, start_answers
from newsletters.conf import conf
from newsletters.models import ConsentEvent, ConsentSource, SignUp, SignUpAttempt, Subscriber, Subscription, Suppression
from newsletters.sending.transport.seam import MessageUnsendable
from newsletters.testing import ACCEPTED, DEFERRED, FakeTransport
from newsletters.values.remarks import Remark
from tests.newsletters.audience.browsing import hidden_fields, old_stamp
from tests.newsletters.building import Hub, build_hub, rolled_back

Status = Subscription.Status
API = "/api/v1/newsletters/letter/subscriptions"
PAGE = "/n/s/letter/en"
ASKED = {"email": "new@example.org", "first_name": "Noa", "language": "nl", "themes": ["data", "power"]}


@pytest.fixture(scope="module")
def built_hub(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hub]:
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock():
            hub = build_hub()
        yield hub


@pytest.fixture
def hub(built_hub: Hub, db: None) -> Hub:
    return copy.deepcopy(built_hub)


@pytest.fixture
def transport(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


@pytest.fixture(autouse=True)
def one_connection(monkeypatch: Any) -> None:
    """Let the worker use the test's connection, because everything is in its transaction."""
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)


def work() -> None:
    options = ["--queue-name", "*", "--backend", "background", "--batch", "--no-reload", "--no-startup-delay"]
    call_command("db_worker", *options, "--interval", "0", verbosity=0)


def over_the_api(client: Any, hub: Hub, **changes: Any) -> Any:
    return client.post(API, ASKED | changes, content_type="application/json")


def over_the_page(client: Any, hub: Hub, **changes: Any) -> Any:
    asked = ASKED | {"stamp": old_stamp("letter")} | changes
    return client.post(PAGE, asked | {"themes": [hub.themes[slug].pk for slug in asked["themes"]]})


def over_the_admin(client: Any, hub: Hub, **changes: Any) -> Any:
    """A member of staff invites somebody."""
    staff, asked = Client(), ASKED | changes
    staff.force_login(hub.users["administrator"])
    chosen = {
        "newsletter": hub.newsletter.pk,
        "language": hub.locales[str(asked["language"])].pk,
        "themes": [hub.themes[slug].pk for slug in asked["themes"]],
        "basis": "consent",
        "agreed_on": "2026-05-12",
        "ground": "asked at a meeting",
    }
    return staff.post(reverse("subscriptions:add"), asked | chosen)


WAYS = {"api": over_the_api, "sign-up page": over_the_page}


@pytest.fixture(params=WAYS)
def way(request: Any) -> tuple[str, Any]:
    return request.param, WAYS[request.param]


def received(transport: FakeTransport) -> Any:
    return message_from_bytes(transport.handovers[-1].data, policy=policy.default)


def links_in(transport: FakeTransport, *, path: str = "c") -> set[str]:
    """Return the links of the last mail that lead to this kind of page."""
    texts = [part.get_content() for part in received(transport).iter_parts()]
    found = [set(re.findall(rf"http://hub\.test(/n/{path}/[\w:.-]+)", text)) for text in texts]
    assert found[0] == found[1]  # the plain text leads to the same pages
    return found[0]


def link_in(transport: FakeTransport, *, path: str = "c") -> str:
    (link,) = links_in(transport, path=path)
    return link


@pytest.mark.parametrize(("source", "ask"), [*WAYS.items(), ("admin", over_the_admin)])
def test_a_reader_asks_or_is_invited_confirms_and_is_subscribed(
    client: Any, hub: Hub, transport: FakeTransport, source: str, ask: Any
) -> None:
    _english, dutch = client.get("/api/v1/newsletters/letter").json()["languages"]
    page = hidden_fields(client.get(PAGE))["consent_version"]
    assert ask(
        client, hub, consent_version=page if source == "sign-up page" else dutch["consent_version"]
    ).status_code in {200, 202, 302}
    assert not Subscriber.objects.exists()  # somebody else may have filled in the form
    work()
    mail = received(transport)
    assert mail["To"] == "new@example.org"  # without the name, which nobody has proven
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "De Brief" in mail["Subject"]
    assert mail["List-Unsubscribe"] is None
    texts = [part.get_content() for part in mail.iter_parts()]
    link = link_in(transport)
    assert "Data" not in texts[0]  # no marketing
    why = "Je bent uitgenodigd" if source == "admin" else "Iemand, waarschijnlijk jij"  # invited people never asked
    assert all(why in text for text in texts)
    assert not any("Noa" in text for text in texts)
    assert all(len(line) <= 72 for line in texts[0].splitlines() if not line.startswith("→"))

    opened = client.get(link)
    page = opened.content.decode()
    assert "new@example.org" in page
    assert "Stuur mij elke maand de brief." in page  # what the button agrees to
    assert not Subscriber.objects.exists()

    Client(enforce_csrf_checks=True).post(link, hidden_fields(opened))  # no cookie is needed
    subscription = Subscription.objects.get()
    assert subscription.status == Status.ACTIVE
    assert (subscription.subscriber.email, subscription.subscriber.first_name) == ("new@example.org", "Noa")
    assert (subscription.locale.language_code, subscription.theme_set.key) == ("nl", "data power")
    confirmed, requested = subscription.consent_events.all()
    assert (requested.kind, requested.source, requested.language) == ("requested", source, "nl")
    assert (confirmed.kind, confirmed.source) == ("confirmed", "confirmation page")
    for event in (confirmed, requested):
        assert event.themes == "data power"
        assert event.message_id == mail["Message-ID"]
        assert event.reply == "250 2.0.0 taken"
        assert event.sign_up == SignUp.objects.get()
    assert confirmed.wording == "Stuur mij elke maand de brief."
    shown = {"sign-up page": "Send me the letter each month.", "admin": ""}  # in English; to the invited, none
    assert requested.wording == shown.get(source, confirmed.wording)
    staff = (hub.users["administrator"], "asked at a meeting") if source == "admin" else (None, "")
    assert (requested.user, requested.note) == staff
    agreed = requested.agreed_at.date() if requested.agreed_at else None
    assert (requested.basis, agreed) == (("consent", date(2026, 5, 12)) if source == "admin" else ("", None))
    assert subscription.basis == "consent"  # they agreed here, whatever they were invited for

    client.post(link)
    assert subscription.consent_events.count() == 2  # confirming again changes nothing


def test_the_answer_is_the_same_whoever_is_known_and_each_address_gets_one_mail(
    client: Any, hub: Hub, transport: FakeTransport, way: tuple[str, Any]
) -> None:
    _source, ask = way
    hub.subscribe("ended", status=Status.ENDED)
    hub.subscribe("active", language="en", themes=["climate"])
    Suppression.add("erased@example.org", reason=Suppression.Reason.ERASED, now=hub.now)
    names = ("new", "ended", "active", "erased")
    answers, costs = [], []
    for name in names:
        with CaptureQueriesContext(connection) as queries:
            answers.append(ask(client, hub, email=f"{name}@example.org"))
        costs.append([re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries])
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    headers = [{**answer.headers, "Expires": "now"} for answer in answers]  # a second may pass between them
    assert all(one == headers[0] for one in headers)
    assert all(cost == costs[1] for cost in costs[1:])  # the first also makes the set of themes
    work()
    assert sorted(one.recipient for one in transport.handovers) == sorted(f"{name}@example.org" for name in names)
    active = Subscription.objects.get(subscriber__email="active@example.org")
    assert (active.status, active.theme_set.key, active.locale.language_code) == (Status.ACTIVE, "climate", "en")
    assert Subscriber.objects.count() == 2


def test_a_subscriber_who_asks_again_gets_the_link_to_their_choices(
    client: Any, hub: Hub, transport: FakeTransport
) -> None:
    (active,) = hub.subscribe("new", language="en", themes=["climate"])
    over_the_api(client, hub)
    work()
    assert "Je ontvangt De Brief al" in received(transport)["Subject"]
    assert not links_in(transport)
    page = client.get(link_in(transport, path="p")).content.decode()
    assert "n•••@example.org" in page
    assert SignUp.objects.get().status == SignUp.Status.CLOSED
    assert not active.consent_events.exists()


def test_an_address_gets_one_mail_a_day_and_three_until_somebody_confirms(
    client: Any, hub: Hub, transport: FakeTransport, way: tuple[str, Any]
) -> None:
    _source, ask = way
    for day in range(5):
        for typed in ("new@example.org", "NEW@EXAMPLE.ORG", "ｎｅｗ＠example.org"):
            ask(client, hub, email=typed)
            work()
        assert len(transport.handovers) == min(day + 1, 3)
        later(days=1)


def test_the_first_link_works_although_its_address_was_asked_for_again(
    client: Any, hub: Hub, transport: FakeTransport
) -> None:
    over_the_api(client, hub)
    work()
    first = link_in(transport)
    over_the_api(client, hub, language="en", themes=["climate"])  # by a stranger, say
    work()
    client.post(first)
    subscription = Subscription.objects.get()
    assert (subscription.locale.language_code, subscription.theme_set.key) == ("nl", "data power")


def test_confirming_one_request_closes_the_others(client: Any, hub: Hub, transport: FakeTransport) -> None:
    links = []
    for language in ("nl", "en"):
        over_the_api(client, hub, language=language)
        work()
        links.append(link_in(transport))
        later(days=1)
    client.post(links[1])
    events = ConsentEvent.objects.count()
    assert "You are not subscribed" not in client.post(links[1]).content.decode()
    assert "Je bent niet ingeschreven" not in client.post(links[0]).content.decode()  # they are, by the other one
    assert (Subscription.objects.get().locale.language_code, ConsentEvent.objects.count()) == ("en", events)


def test_an_expired_link_offers_a_new_mail(client: Any, hub: Hub, transport: FakeTransport, settings: Any) -> None:
    over_the_api(client, hub)
    work()
    link = link_in(transport)
    later(days=1)
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CONFIRM_WITHIN_DAYS": -1}
    assert "Deze link is te oud" in client.get(link).content.decode()
    assert len(transport.handovers) == SignUp.objects.count() == 1  # looking changes nothing
    assert "Kijk in je inbox" in client.post(link).content.decode()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CONFIRM_WITHIN_DAYS": 7}
    work()
    client.post(link_in(transport))
    assert Subscription.objects.get().theme_set.key == "data power"


def test_requests_that_nobody_confirmed_are_forgotten(client: Any, hub: Hub, transport: FakeTransport) -> None:
    over_the_api(client, hub)
    work()
    link = link_in(transport)
    later(days=conf.KEEP_SIGN_UPS_DAYS)
    keep_house()
    assert not SignUp.objects.exists()
    assert not SignUpAttempt.objects.filter(at__lt=timezone.now() - timedelta(hours=1)).exists()
    assert "Deze link werkt niet" in client.get(link, headers={"Accept-Language": "nl"}).content.decode()


def test_what_a_program_fills_in_is_thanked_and_forgotten(
    client: Any, hub: Hub, transport: FakeTransport, way: tuple[str, Any]
) -> None:
    _source, ask = way
    trapped = ask(client, hub, leave_empty="https://spam.example")
    assert not SignUp.objects.exists()
    work()
    assert transport.handovers == []
    honest = ask(client, hub)
    assert (trapped.status_code, trapped.content) == (honest.status_code, honest.content)


def test_who_left_stays_gone_until_they_confirm_anew(client: Any, hub: Hub, transport: FakeTransport) -> None:
    (gone,) = hub.subscribe("new", status=Status.ENDED)
    before = Subscription.objects.values().get()
    over_the_api(client, hub)
    work()
    assert Subscription.objects.values().get() == before
    client.post(link_in(transport))
    gone.refresh_from_db()
    assert gone.status == Status.ACTIVE
    assert [event.kind for event in gone.consent_events.all()] == ["returned", "requested"]


def test_who_was_erased_comes_back_by_their_own_confirmation_only(
    client: Any, hub: Hub, transport: FakeTransport
) -> None:
    Suppression.add("New@example.org", reason=Suppression.Reason.ERASED, now=hub.now)
    over_the_admin(client, hub)
    assert not SignUp.objects.exists()
    over_the_api(client, hub)
    work()
    assert Suppression.objects.exists()
    client.post(link_in(transport))
    assert Subscription.objects.get().status == Status.ACTIVE
    assert not Suppression.objects.exists()


def test_a_confirmation_that_comes_after_leaving_does_not_bring_anybody_back(
    client: Any, hub: Hub, transport: FakeTransport
) -> None:
    links = []
    for _time in range(2):
        over_the_api(client, hub)
        work()
        links.append(link_in(transport))
        later(days=1)
    client.post(links[0])
    unsubscribe(Subscription.objects.get(), source=ConsentSource.ONE_CLICK, now=timezone.now())
    for link in links:
        page = client.post(link).content.decode()
        assert Subscription.objects.get().status == Status.ENDED
        assert "/n/s/letter/nl" in page
        assert "/n/p/" not in page


def test_a_confirmation_waits_for_a_server_that_asks_to_come_back(
    client: Any, hub: Hub, transport: FakeTransport
) -> None:
    transport.replies = {"new@example.org": [DEFERRED, ACCEPTED]}
    over_the_api(client, hub)
    work()
    assert len(transport.handovers) == 1
    assert SignUp.objects.get().reply.startswith("450")
    assert start_answers() == 0  # it is not time yet
    later()
    assert start_answers() == 1
    work()
    assert received(transport)["Message-ID"] == SignUp.objects.get().message_id
    later()
    assert start_answers() == 0


def test_a_confirmation_whose_task_is_lost_is_sent_all_the_same(
    client: Any, hub: Hub, transport: FakeTransport, monkeypatch: Any
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("newsletters.audience.tasks.answer_by_mail", None)  # an engine that cannot be reached
        assert over_the_api(client, hub).status_code == 202
    later()
    start_answers()
    work()
    assert len(transport.handovers) == 1


def test_a_confirmation_is_given_up_when_its_link_would_not_work_any_more(
    client: Any, hub: Hub, transport: FakeTransport
) -> None:
    transport.replies = {"new@example.org": [DEFERRED]}
    over_the_api(client, hub)
    later(days=conf.CONFIRM_WITHIN_DAYS)
    assert start_answers() == 0
    work()
    assert not transport.handovers


def later(**time: float) -> None:
    """Let this much time pass for everything that waits: an hour by default."""
    passed = timedelta(**(time or {"hours": 1}))
    SignUp.objects.update(**{name: F(name) - passed for name in ("requested_at", "mail_due_at", "mailed_at")})
    for sign_up in SignUp.objects.order_by("mail_date"):
        if sign_up.mail_date:
            SignUp.objects.filter(pk=sign_up.pk).update(mail_date=sign_up.mail_date - passed)
    SignUpAttempt.objects.update(at=F("at") - passed)


WRONG = {
    "unknown theme": {"themes": ["data", "nothing"]},
    "unknown language": {"language": "fr"},
    "no theme": {"themes": []},
    "no address": {"email": "nobody"},
    "an address of two lines": {"email": "a@example.org\nBcc: b@example.org"},
    "an endless address": {"email": "a" * 250 + "@example.org"},
    "an endless name": {"first_name": "x" * 81},
    "a name with a zero byte": {"first_name": "x\0y"},
    "a language with a zero byte": {"language": "en\0"},
    "a theme with a zero byte": {"themes": ["data\0"]},
    "an unknown field": {"is_admin": True},
    "a number for a name": {"first_name": 7},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_request_that_makes_no_sense_is_refused_and_says_why(
    client: Any, hub: Hub, transport: FakeTransport, changes: dict[str, Any]
) -> None:
    response = over_the_api(client, hub, **changes)
    assert response.status_code == 422
    assert response.headers["Content-Type"].startswith("application/problem+json")
    assert not SignUp.objects.exists()


def test_the_page_shows_what_is_wrong_and_keeps_what_was_filled_in(client: Any, hub: Hub) -> None:
    page = client.get(PAGE).content.decode()
    assert "Send me the letter each month." in page
    assert (page.count('type="checkbox"'), page.count("checked")) == (3, 1)  # no theme is ticked beforehand
    response = over_the_page(client, hub, email="nobody")
    page = response.content.decode()
    assert response.status_code == 200
    assert 'role="alert"' in page
    assert "<title>Error: The Letter</title>" in page
    assert 'value="Noa"' in page
    assert not SignUp.objects.exists()
    assert client.get("/n/s/letter/fr").status_code == client.get("/n/s/nothing/en").status_code == 404


def test_after_twenty_requests_an_hour_one_has_to_wait(client: Any, hub: Hub, way: tuple[str, Any]) -> None:
    _source, ask = way
    emails = [f"a{number}@example.org" for number in range(20)] + ["a0@example.org", "new@example.org"]
    answers = [ask(client, hub, email=email) for email in emails]
    assert [answer.status_code < 300 for answer in answers] == [True] * 20 + [False] * 2
    assert [answer.status_code for answer in answers[20:]] == [429] * 2
    assert 0 < int(answers[20].headers["Retry-After"]) <= 3600
    assert answers[20].content == answers[21].content  # whoever is known already
    assert SignUp.objects.count() == 20


def test_the_page_says_in_its_language_that_one_has_to_wait(client: Any, hub: Hub) -> None:
    for _time in range(20):
        over_the_api(client, hub, email="nobody")  # both ways count together
    english = over_the_page(client, hub)
    dutch = client.post("/n/s/letter/nl", {})
    assert (english.status_code, dutch.status_code) == (429, 429)
    assert "Too many requests came from your network" in english.content.decode()
    assert "Er kwamen het laatste uur te veel aanvragen" in dutch.content.decode()
    assert 'lang="nl"' in dutch.content.decode()
    assert client.get(PAGE).status_code == 200  # looking is free


def ask_from(client: Any, hub: Hub, forwarded_for: str) -> int:
    headers = {"X-Forwarded-For": forwarded_for}
    status: int = client.post(API, ASKED, content_type="application/json", headers=headers).status_code
    return status


def test_without_a_proxy_nobody_gets_further_by_inventing_addresses(client: Any, hub: Hub) -> None:
    answers = [ask_from(client, hub, f"10.0.0.{number}") for number in range(22)]
    assert answers == [202] * 20 + [429] * 2


def test_behind_a_proxy_the_address_that_it_added_counts(client: Any, hub: Hub, settings: Any) -> None:
    settings.NINJA_NUM_PROXIES = 1
    answers = [ask_from(client, hub, f"10.0.0.{number}, 192.0.2.1") for number in range(22)]
    assert answers == [202] * 20 + [429] * 2
    assert ask_from(client, hub, "192.0.2.2") == 202


@pytest.mark.parametrize(("behind_proxy", "proxies"), [("on", "1"), ("off", "0")])
def test_the_settings_say_whether_there_is_a_proxy(behind_proxy: str, proxies: str) -> None:
    run = [sys.executable, "-c", "from cms.settings import NINJA_NUM_PROXIES; print(NINJA_NUM_PROXIES)"]
    environment = os.environ | {"SECRET_KEY": "x", "BEHIND_PROXY": behind_proxy}
    assert subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout.strip() == proxies


SAME_ADDRESS = {
    "zero-width space": "new@example.org\u200b",
    "byte order mark": "\ufeffnew@example.org",
    "soft hyphen": "new@exam\u00adple.org",
    "mark of direction": "\u202anew@example.org\u202c",
    "spaces": "  new@example.org\u00a0",
    "full-width letters": "ｎｅｗ＠ｅｘａｍｐｌｅ．ｏｒｇ",
}


@pytest.mark.parametrize("typed", SAME_ADDRESS.values(), ids=SAME_ADDRESS)
def test_what_cannot_be_seen_in_an_address_is_not_part_of_it(
    client: Any, hub: Hub, transport: FakeTransport, way: tuple[str, Any], typed: str
) -> None:
    _source, ask = way
    assert ask(client, hub, email=typed).status_code < 300
    assert SignUp.objects.get().email == "new@example.org"
    work()
    assert [one.recipient for one in transport.handovers] == ["new@example.org"]


NO_ADDRESS = {
    "nothing": "",
    "only what cannot be seen": "\u200b",
    "a control character": '"a\x01b"@example.org',
    "a domain that no IDNA takes": "ann@exa\u2025mple..org",
    "too long once it is plain": "\ufdfa" * 30 + "@example.org",
}


@pytest.mark.parametrize("typed", NO_ADDRESS.values(), ids=NO_ADDRESS)
def test_what_is_no_address_is_refused_with_a_message(client: Any, hub: Hub, way: tuple[str, Any], typed: str) -> None:
    source, ask = way
    response = ask(client, hub, email=typed)
    assert response.status_code == (422 if source == "api" else 200)
    assert re.search(
        "valid email address|geldig e-mailadres|field is required|at least 3 characters", response.content.decode()
    )
    assert not SignUp.objects.exists()


def test_letters_of_all_scripts_may_stand_before_the_at(
    client: Any, hub: Hub, transport: FakeTransport, way: tuple[str, Any]
) -> None:
    _source, ask = way
    assert ask(client, hub, email="jo\u0308rg@bücher.example").status_code < 300
    assert SignUp.objects.get().email == "jörg@bücher.example"
    work()
    assert [one.recipient for one in transport.handovers] == ["jörg@xn--bcher-kva.example"]


def test_an_address_that_the_server_takes_no_mail_for_ends_the_confirmation(
    client: Any, hub: Hub, transport: FakeTransport, caplog: Any
) -> None:
    from django_tasks_db.models import DBTaskResult

    transport.replies = {"jörg@example.org": [MessageUnsendable(Remark.NO_SMTPUTF8)]}
    over_the_api(client, hub, email="jörg@example.org")
    work()
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}
    assert "does not accept such an address" in caplog.text
    assert "jörg" not in caplog.text


@pytest.mark.parametrize("meanwhile", ["closed", "erased"])
def test_what_happens_to_a_request_while_its_mail_is_sent_stays(
    client: Any, hub: Hub, transport: FakeTransport, meanwhile: str
) -> None:
    def change(_message: Any) -> None:
        if meanwhile == "erased":
            SignUp.objects.all().delete()
        else:
            SignUp.objects.update(status=SignUp.Status.CLOSED)

    transport.on_send = change
    over_the_api(client, hub)
    work()
    assert len(transport.handovers) == 1
    assert set(SignUp.objects.values_list("status", flat=True)) == ({"closed"} if meanwhile == "closed" else set())
