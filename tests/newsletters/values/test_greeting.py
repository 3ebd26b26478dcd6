"""How an issue greets its readers: what staff may write, how it is filled in, and that it is frozen."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from newsletters.models import IssueText
from newsletters.values.greeting import Greeting

MINE = {"greeting": "Hello {name}!", "greeting_without_name": "Hello friend!"}


@pytest.mark.parametrize(
    ("name", "language", "hello"),
    [("Ann", "en", "Dear Ann,"), ("", "en", "Dear reader,"), ("Ann", "nl", "Beste Ann,"), ("", "nl", "Beste lezer,")],
)
def test_an_empty_greeting_is_the_languages_usual_one(name: str, language: str, hello: str) -> None:
    assert Greeting().to(name, language=language) == hello


def test_a_greeting_may_go_without_the_name() -> None:
    assert Greeting(with_name="Dear friends,").to("Ann", language="en") == "Dear friends,"
    assert Greeting(with_name="{name} {name}").to("{name}", language="en") == "{name} {name}"


@pytest.mark.parametrize(
    "words", ["Dear {first_name},", "Dear {name!r},", "Dear {name", "Dear name},", "{}", "{{name}}"]
)
def test_another_placeholder_is_an_error(words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        IssueText(greeting=words, greeting_without_name="Dear {name},").clean_fields()
    assert {"greeting", "greeting_without_name"} <= set(refused.value.message_dict)


def test_a_greeting_is_part_of_what_is_approved_and_is_frozen(hub: Any, transport: Any, work: Any) -> None:
    before = hub.compile().content_hash
    hub.edit(words={"en": MINE})
    assert hub.compile().content_hash != before
    _ann, nobody = hub.subscribe("ann", "bob")
    nobody.subscriber.first_name = ""
    nobody.subscriber.save()
    dispatch = hub.send()
    hub.edit(words={"en": {"greeting": "Changed {name}"}})
    work(dispatch, transport)
    hellos = [
        hello for each in transport.handovers for hello in (b"Hello Ann!", b"Hello friend!") if hello in each.data
    ]
    assert hellos == [b"Hello Ann!", b"Hello friend!"]


def test_what_is_public_greets_nobody(hub: Any, client: Any) -> None:
    hub.edit(words={"en": MINE | {"intro": "<p>Words of ours.</p>"}})
    hub.subscribe("ann")
    hub.send()
    public = client.get(f"/api/v1/newsletters/letter/issues/{hub.issue.slug}").json()
    for shown in (public["editions"][0]["text"], public["editions"][0]["html"]):
        assert "Words of ours." in shown
        assert "Hello" not in shown
