"""The API for other systems: nothing without a key, readers only with evidence, and nobody who left comes back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.models import Theme
from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.erase_subscriber import erase_subscriber
from newsletters.audience.imports.actions import add_reader as adding
from newsletters.audience.imports.actions.add_reader import NamedReader, add_reader
from newsletters.exceptions import NotAllowed
from newsletters.models import (
    ApiKey,
    ConsentEvent,
    ConsentSource,
    Newsletter,
    NewsletterText,
    OwnField,
    OwnFieldChoice,
    OwnValue,
    ReaderImport,
    SignUp,
    Subscriber,
    Subscription,
    Suppression,
    ThemeSet,
)
from newsletters.models.audience.api_key import key_digest
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub
from themes.models import ThemePage

API = "/api/v1/newsletters"
ANN = {
    "email": "ann@example.org",
    "first_name": "Ann",
    "language": "nl",
    "themes": ["data"],
    "basis": "consent",
    "evidence": "Ticked the box on the membership form",
    "evidence_date": "2026-05-01",
}


class System:
    """Another system with a key."""

    def __init__(self, hub: Hub, **rights: bool) -> None:
        self.key = ApiKey.objects.create(name="CRM", **rights)
        self.key.newsletters.add(hub.newsletter)
        self.secret = self.key.make(now=timezone.now())
        self.client = Client()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        authorization = {"authorization": f"Bearer {self.secret}"}
        options = {"headers": authorization} | options
        if body is not None:
            options |= {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(f"{API}{path}", **options)

    def add(self, **changes: Any) -> Any:
        return self.ask("post", "/letter/subscribers", ANN | changes)


@pytest.fixture
def crm(hub: Hub) -> System:
    return System(hub, may_add=True, may_read=True, may_end=True)


def test_somebody_is_added_with_what_proves_it_and_gets_no_mail(
    hub: Hub, crm: System, transport: FakeTransport
) -> None:
    answer = crm.add()
    assert answer.status_code == 201
    person = Subscriber.objects.get()
    assert answer.json() == {"result": "added", "id": str(person.public_id)}
    subscription = Subscription.objects.get()
    assert (subscription.status, subscription.basis, subscription.theme_set.key) == ("active", "consent", "data")
    event = ConsentEvent.objects.get()
    assert (event.kind, event.source, event.api_key, event.user) == ("imported", "system", crm.key, None)
    assert event.note == "Ticked the box on the membership form · 2026-05-01"
    assert event.agreed_at
    assert f"{event.agreed_at:%Y-%m-%d}" == "2026-05-01"
    assert event.wording == ""
    assert not ReaderImport.objects.exists()
    assert not SignUp.objects.exists()
    assert transport.recipients == []


def test_adding_again_is_safe_and_changes_nothing(hub: Hub, crm: System) -> None:
    first = crm.add()
    again = crm.add(email="ANN@Example.org", first_name="Other", language="en", themes=["power"])
    assert (again.status_code, again.json()) == (200, {"result": "known", "id": first.json()["id"]})
    assert Subscriber.objects.get().first_name == "Ann"
    assert ConsentEvent.objects.count() == 1


def test_a_theme_that_is_named_twice_counts_once(hub: Hub, crm: System) -> None:
    assert crm.add(themes=["power", "data"] + ["power"] * 48).status_code == 201
    assert Subscription.objects.get().theme_set.key == "data power"
    assert ThemeSet.of([hub.themes["data"], hub.themes["data"]]).key == "data"


def test_a_hub_without_themes_asks_for_none(hub: Hub, crm: System) -> None:
    for page in ThemePage.objects.all():
        page.delete()
    Theme.objects.all().delete()
    assert crm.add(themes=[]).status_code == 201
    assert Subscription.objects.get().theme_set.key == ""


def test_a_name_may_hold_joiners(hub: Hub, crm: System) -> None:
    assert crm.add(first_name="نگین\u200cدخت").status_code == 201


def another_newsletter(hub: Hub) -> Newsletter:
    made = Newsletter.objects.create(name="Other", slug="other", sender_email="a@example.org", reply_to="a@example.org")
    NewsletterText.objects.create(newsletter=made, locale=hub.locales["nl"], title="x", consent_wording="x")
    return made


def test_who_is_known_by_another_newsletter_is_the_same_person(hub: Hub, crm: System) -> None:
    (bob,) = hub.subscribe("bob")
    other = another_newsletter(hub)
    crm.key.newsletters.add(other)
    answer = crm.ask("post", "/other/subscribers", ANN | {"email": "bob@example.org"})
    assert answer.json() == {"result": "added", "id": str(bob.subscriber.public_id)}


def test_nobody_who_left_was_set_aside_or_erased_is_brought_back(hub: Hub, crm: System) -> None:
    (left,) = hub.subscribe("left")
    unsubscribe(left, source=ConsentSource.MAIL, now=timezone.now())
    hub.subscribe("bounced", status=Subscription.Status.BOUNCED)
    (erased,) = hub.subscribe("erased")
    erase_subscriber(erased.subscriber, user=None, now=timezone.now())
    Suppression.add("asked@example.org", reason=Suppression.Reason.ASKED, now=timezone.now())
    answers = [crm.add(email=f"{name}@example.org") for name in ("left", "bounced", "erased", "asked")]
    assert {answer.status_code for answer in answers} == {409}
    assert len({answer.content for answer in answers}) == 1  # it does not tell one from the other
    assert answers[0]["Content-Type"] == "application/problem+json"
    assert not Subscription.objects.filter(status=Subscription.Status.ACTIVE).exists()
    assert Suppression.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": "root@localhost"}, "email"),
        ({"language": "fr"}, "language"),
        ({"themes": ["nothing"]}, "themes"),
        ({"basis": "because"}, "basis"),
        ({"evidence": ""}, "evidence"),
        ({"evidence": "x" * 201}, "evidence"),
        ({"evidence": "a\nb\0"}, "evidence"),
        ({"evidence": "    "}, "evidence"),
        ({"evidence": " a      "}, "evidence"),
        ({"themes": []}, "themes"),
        ({"first_name": "Ann\u202enna"}, "first_name"),
        ({"first_name": "Ann\u2028a"}, "first_name"),
        ({"evidence_date": "0001-01-01"}, "evidence_date"),
        ({"evidence_date": "1999-12-31"}, "evidence_date"),
        ({"evidence_date": "2199-01-01"}, "evidence_date"),
        ({"evidence_date": "31-02-2026"}, "evidence_date"),
        ({"first_name": "a\r\nBcc: x"}, "first_name"),
        ({"status": "active"}, "status"),
    ],
)
def test_what_is_invalid_is_named_and_adds_nobody(hub: Hub, crm: System, changes: dict[str, Any], name: str) -> None:
    answer = crm.add(**changes)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert name in error["name"]
    assert "Value error" not in error["message"]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("missing", ["email", "language", "basis", "evidence", "evidence_date"])
def test_without_evidence_nobody_is_added(hub: Hub, crm: System, missing: str) -> None:
    body = {name: value for name, value in ANN.items() if name != missing}
    assert crm.ask("post", "/letter/subscribers", body).status_code == 422
    assert not Subscriber.objects.exists()


def test_a_relation_is_booked_with_its_day(hub: Hub, crm: System) -> None:
    assert crm.add(basis="relation", evidence="Member 1204").status_code == 201
    assert Subscription.objects.get().basis == "relation"
    event = ConsentEvent.objects.get()
    assert (event.agreed_at, event.note) == (None, "Member 1204 · 2026-05-01")


def paths(person: Any) -> list[tuple[str, str, Any]]:
    return [
        ("post", "/letter/subscribers", ANN),
        ("get", f"/letter/subscribers/{person}", None),
        ("post", f"/letter/subscribers/{person}/end", None),
    ]


def test_without_a_valid_key_every_operation_answers_the_same(hub: Hub, crm: System) -> None:
    (bob,) = hub.subscribe("bob")
    secret = crm.secret
    wrong = ["", "Bearer", f"Bearer {secret}x", f"Bearer {secret[:-1]}", f"Basic {secret}"]
    revoked = System(hub, may_add=True, may_read=True, may_end=True)
    revoked.key.revoke(now=timezone.now())
    wrong += [f"Bearer {key_digest(secret)}", f"Bearer {revoked.secret}", "Bearer \x00", "Bearer é"]
    bodies = set()
    for method, path, body in paths(bob.subscriber.public_id):
        for header in wrong:
            answer = crm.ask(method, path, body, headers={"authorization": header} if header else {})
            assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), (path, header)
            bodies.add(answer.content)
    assert len(bodies) == 1
    assert Subscription.objects.get().status == Subscription.Status.ACTIVE


@pytest.mark.parametrize("right", ["may_add", "may_read", "may_end"])
def test_a_key_does_what_it_may_and_no_more(hub: Hub, right: str) -> None:
    (bob,) = hub.subscribe("bob")
    system = System(hub, **{right: True})
    got = [system.ask(*each).status_code for each in paths(bob.subscriber.public_id)]
    allowed = {"may_add": [201, 403, 403], "may_read": [403, 200, 403], "may_end": [403, 403, 204]}
    assert got == allowed[right]


def test_a_key_reaches_no_other_newsletter(hub: Hub, crm: System) -> None:
    (bob,) = hub.subscribe("bob")
    crm.key.newsletters.clear()
    for each in paths(bob.subscriber.public_id):
        answer = crm.ask(*each)
        assert answer.status_code == 404
        assert "no-store" in answer["Cache-Control"]
    assert Subscription.objects.get().status == Subscription.Status.ACTIVE
    assert crm.ask("post", "/nothing/subscribers", ANN).status_code == 404


def test_a_reader_is_shown_with_the_keys_newsletters_and_kept_nowhere(hub: Hub, crm: System) -> None:
    (bob,) = hub.subscribe("bob", language="nl", themes=["data", "power"])
    other = another_newsletter(hub)
    fields = {"locale": bob.locale, "theme_set": bob.theme_set, "status_changed_at": hub.now}
    Subscription.objects.create(subscriber=bob.subscriber, newsletter=other, **fields)
    answer = crm.ask("get", f"/letter/subscribers/{bob.subscriber.public_id}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer
    body = answer.json()
    (subscription,) = body.pop("subscriptions")
    assert "paused_until" not in subscription
    expected = {"id": str(bob.subscriber.public_id), "email": "bob@example.org", "first_name": "Bob", "own_fields": {}}
    assert body == expected
    assert (subscription["newsletter"], subscription["themes"]) == ("letter", ["data", "power"])
    assert crm.ask("get", f"/letter/subscribers/{uuid4()}").status_code == 404


def test_ending_is_final_booked_and_may_be_repeated(hub: Hub, crm: System) -> None:
    added = crm.add().json()["id"]
    for _time in range(2):
        assert crm.ask("post", f"/letter/subscribers/{added}/end").status_code == 204
    event = ConsentEvent.objects.get(kind="withdrawn")
    assert (event.source, event.api_key) == ("system", crm.key)
    assert crm.add().status_code == 409


def test_too_many_requests_wait_for_the_next_minute(hub: Hub, crm: System, settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"API_KEY_REQUESTS_PER_MINUTE": 2}
    path = f"/letter/subscribers/{uuid4()}"
    assert [crm.ask("get", path).status_code for _time in range(4)] == [404, 404, 429, 429]
    assert crm.ask("get", path)["Retry-After"]
    crm.key.refresh_from_db()
    assert crm.key.last_used_at
    assert crm.key.take_turn(now=timezone.now() + timedelta(minutes=1))


def test_only_a_digest_of_the_key_is_stored(hub: Hub, crm: System) -> None:
    row = str(ApiKey.objects.values().get())
    assert crm.secret not in row
    assert crm.secret.removeprefix("hub_") not in row
    assert key_digest(crm.secret) in row
    assert len(crm.secret) > 40


def test_a_body_that_is_too_large_or_of_another_type_is_refused(hub: Hub, crm: System) -> None:
    assert crm.add(evidence="x" * 70_000).status_code == 413
    answer = crm.client.post(f"{API}/letter/subscribers", ANN, headers={"authorization": f"Bearer {crm.secret}"})
    assert answer.status_code == 415


def test_two_at_once_make_one_reader(hub: Hub, crm: System, monkeypatch: Any) -> None:
    """The other request makes the reader between judging and adding."""
    add = vars(adding)["add"]

    def late(*_args: Any, **_kwargs: Any) -> Any:
        monkeypatch.setattr(adding, "add", add)
        raise IntegrityError

    monkeypatch.setattr(adding, "add", late)
    assert crm.add().status_code == 201
    assert Subscriber.objects.count() == 1


def test_the_action_checks_the_right_itself(hub: Hub) -> None:
    named = NamedReader(
        email="ann@example.org",
        first_name="",
        locale=hub.locales["en"],
        theme_slugs=[],
        basis=Subscription.Basis.CONSENT,
        evidence="x",
        evidence_date=hub.now.date(),
        answers={},
    )
    with pytest.raises(NotAllowed):
        add_reader(named, newsletter=hub.newsletter, api_key=System(hub, may_read=True).key, now=hub.now)


@pytest.fixture
def own_fields(hub: Hub) -> dict[str, OwnField]:
    """An own field of each kind, of which one has to be answered when signing up and the others are not asked there."""
    found = {kind: OwnField.objects.create(key=f"a_{kind}", kind=kind) for kind in OwnField.Kind.values}
    OwnField.objects.filter(kind="text").update(asks_on_sign_up=True, is_required=True)
    OwnFieldChoice.objects.create(own_field=found["choice"], key="school")
    return found


KNOWN = {"a_text": "The Hub", "a_choice": "school", "a_date": "2024-05-01", "a_yes_no": False}


def answers(crm: System, person: UUID | str) -> Any:
    return crm.ask("get", f"/letter/subscribers/{person}").json()["own_fields"]


@pytest.mark.usefixtures("own_fields")
def test_answers_to_own_fields_come_back_as_they_were_given(hub: Hub, crm: System) -> None:
    added = crm.add(own_fields=KNOWN)
    assert added.status_code == 201, added.content
    assert answers(crm, added.json()["id"]) == KNOWN


@pytest.mark.usefixtures("own_fields")
def test_no_own_field_has_to_be_answered_and_an_empty_answer_is_none(hub: Hub, crm: System) -> None:
    for name, known in (("ann", {}), ("bea", {"a_text": " ", "a_date": ""})):
        assert answers(crm, crm.add(email=f"{name}@example.org", own_fields=known).json()["id"]) == {}


@pytest.mark.usefixtures("own_fields")
@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"a_text": True}, "a_text"),
        ({"a_text": "x" * 201}, "a_text"),
        ({"a_choice": "bakery"}, "a_choice"),
        ({"a_date": "2025-02-31"}, "a_date"),
        ({"a_yes_no": "yes"}, "a_yes_no"),
        ({"a_yes_no": 1}, "a_yes_no"),
        ({"gone": "x"}, "gone"),
        ({f"key_{number}": "x" for number in range(21)}, "own_fields"),
    ],
)
def test_a_wrong_answer_to_an_own_field_is_named_and_adds_nobody(
    hub: Hub, crm: System, wrong: dict[str, Any], where: str
) -> None:
    answer = crm.add(own_fields=wrong)
    assert answer.status_code == 422
    assert where in answer.content.decode()
    assert not Subscriber.objects.exists()


def test_answers_are_kept_for_people_who_are_new_here_only(
    hub: Hub, crm: System, own_fields: dict[str, OwnField]
) -> None:
    (bob,) = hub.subscribe("bob")
    OwnValue.objects.create(subscriber=bob.subscriber, own_field=own_fields["text"], value="His own")
    other = another_newsletter(hub)
    crm.key.newsletters.add(other)
    for path in ("/letter/subscribers", "/other/subscribers"):
        crm.ask("post", path, ANN | {"email": "bob@example.org", "own_fields": KNOWN})
    assert bob.subscriber.subscriptions.count() == 2
    assert answers(crm, bob.subscriber.public_id) == {"a_text": "His own"}


def test_own_fields_of_other_newsletters_are_neither_shown_nor_taken(
    hub: Hub, crm: System, own_fields: dict[str, OwnField]
) -> None:
    (bob,) = hub.subscribe("bob")
    own_fields["text"].newsletters.add(another_newsletter(hub))
    own_fields["text"].save()  # a cluster keeps its relations until then
    OwnValue.objects.create(subscriber=bob.subscriber, own_field=own_fields["text"], value="x")
    OwnValue.objects.create(subscriber=bob.subscriber, own_field=own_fields["yes_no"], value="yes")
    assert answers(crm, bob.subscriber.public_id) == {"a_yes_no": True}
    assert crm.add(own_fields={"a_text": "x"}).status_code == 422


@pytest.mark.usefixtures("own_fields")
def test_answers_take_the_same_queries_however_many_there_are(hub: Hub, crm: System) -> None:
    crm.add(email="first@example.org")
    few = queries(lambda: crm.add(email="few@example.org", own_fields={"a_text": "x"}))
    assert queries(lambda: crm.add(email="many@example.org", own_fields=KNOWN)) == few
    _first, one, four = Subscriber.objects.order_by("pk").values_list("public_id", flat=True)
    assert len(answers(crm, four)) == len(KNOWN)
    few = queries(lambda: crm.ask("get", f"/letter/subscribers/{one}"))
    assert queries(lambda: crm.ask("get", f"/letter/subscribers/{four}")) == few


def queries(ask: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        ask()
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def test_adding_and_reading_take_the_same_queries_however_many_readers_there_are(hub: Hub, crm: System) -> None:
    crm.add(email="first@example.org")
    few = queries(lambda: crm.add(email="second@example.org"))
    hub.subscribe(*(f"r{number}" for number in range(60)))
    assert queries(crm.add) == few
    assert few <= 22
    person = Subscriber.objects.get(mailbox="ann@example.org").public_id
    assert queries(lambda: crm.ask("get", f"/letter/subscribers/{person}")) <= 6
