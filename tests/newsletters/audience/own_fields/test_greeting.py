"""Own fields in greetings, with a word for readers who have not answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from newsletters.audience.own_fields.keep_answers import keep_answers
from newsletters.models import IssueText, OwnField
from newsletters.sending.mails.message import message_of
from newsletters.sending.mails.recipient_rows import Copy, load_copies
from newsletters.values.greeting import Greeting, check_greeting, check_without_name
from tests.newsletters.audience.own_fields.conftest import AddField
from tests.newsletters.building import Hub

GREETING = "Dear {name} of {organisation|your organisation}, since {started|long ago},"


def test_a_placeholder_becomes_the_answer_or_the_word_after_the_bar() -> None:
    greeting = Greeting(with_name="Hi {name} of {org|your club}", without_name="Hi {org|there}")
    assert greeting.own_fields == {"org"}
    assert greeting.to("Ann", language="en", own_words={"org": "The Hub"}) == "Hi Ann of The Hub"
    assert greeting.to("Ann", language="en") == "Hi Ann of your club"
    assert greeting.to("", language="en", own_words={"org": ""}) == "Hi there"


def test_what_readers_write_is_no_placeholder() -> None:
    greeting = Greeting(with_name="{name} {org|x}")
    assert greeting.to("{org|y}", language="en", own_words={"org": "{name}"}) == "{org|y} {name}"


@pytest.mark.parametrize("wrong", ["{org}", "{org|}", "{org|a|b}", "{Org|x}", "{org|{name}}", "{org|x", "org|x}"])
def test_other_placeholders_are_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        check_greeting(wrong)
    with pytest.raises(ValidationError):
        check_without_name(wrong)


def test_without_a_name_own_fields_are_allowed() -> None:
    check_without_name("Dear reader of {org|the letter},")
    with pytest.raises(ValidationError, match=r"Write it without {name}"):
        check_without_name("Dear {name},")
    with pytest.raises(ValidationError, match=r"There is no placeholder {organisation} here"):
        check_without_name("Dear reader of {organisation},")
    with pytest.raises(ValidationError, match="unmatched brace"):
        check_without_name("Dear {reader,")


def test_a_greeting_names_only_fields_that_exist_and_are_words(hub: Hub, add_field: AddField) -> None:
    add_field("organisation")
    add_field("member", kind="yes_no")
    text = IssueText(greeting="{organisation|x}")
    text.clean()
    for key in ("gone", "member"):
        text.greeting_without_name = f"{{{key}|x}}"
        with pytest.raises(ValidationError, match=key):
            text.clean()


@pytest.fixture
def greeted(hub: Hub, add_field: AddField) -> Any:
    """A dispatch to two readers whose greeting has own fields."""
    add_field("organisation")
    add_field("started", kind="date")
    words = {"en": {"greeting": GREETING}, "nl": {"greeting": "Beste {name} van {organisation|je club},"}}
    hub.edit(words=words)
    [ann] = hub.subscribe("ann")
    hub.subscribe("bob")
    [cem] = hub.subscribe("cem", language="nl")
    keep_answers(ann.subscriber, {"organisation": "<b>R&D</b>", "started": "2024-05-01"})
    keep_answers(cem.subscriber, {"organisation": "De Hub"})
    return hub.send()


def copies_of(dispatch: Any) -> dict[str, Copy]:
    keys = list(dispatch.deliveries.values_list("pk", flat=True))
    return {copy.first_name: copy for copy in load_copies(keys, dispatch=dispatch)}


def body(copy: Copy, dispatch: Any, subtype: str) -> str:
    edition = dispatch.editions.select_related("locale").get(pk=copy.edition_pk)
    message = message_of(copy, edition=edition, newsletter=dispatch.newsletter, now=timezone.now())
    part = message.get_body((subtype,))
    assert part
    return str(part.get_content())


def test_each_copy_greets_with_the_answers_of_its_reader(greeted: Any) -> None:
    copies = copies_of(greeted)
    assert "Dear Ann of <b>R&D</b>, since May 1, 2024," in body(copies["Ann"], greeted, "plain")
    assert "Dear Ann of &lt;b&gt;R&amp;D&lt;/b&gt;, since" in body(copies["Ann"], greeted, "html")
    assert "Dear Bob of your organisation, since long ago," in body(copies["Bob"], greeted, "plain")
    assert "Beste Cem van De Hub," in body(copies["Cem"], greeted, "plain")


def test_the_copies_differ_in_the_greeting_and_links_only(greeted: Any) -> None:
    copies = copies_of(greeted)
    ann = copies["Ann"]
    as_ann = ann._replace(first_name="Bob", own_words={})
    one, other = body(ann, greeted, "plain").splitlines(), body(as_ann, greeted, "plain").splitlines()
    assert len([line for line, same in zip(one, other, strict=True) if line != same]) == 1


def test_a_field_that_was_deleted_since_leaves_the_word_after_the_bar(greeted: Any) -> None:
    OwnField.objects.filter(key="organisation").delete()
    assert "Dear Ann of your organisation, since May 1, 2024," in body(copies_of(greeted)["Ann"], greeted, "plain")


def test_the_queries_do_not_grow_with_the_copies(greeted: Any, django_assert_num_queries: Any) -> None:
    keys = list(greeted.deliveries.values_list("pk", flat=True))
    with django_assert_num_queries(11):  # rows; for each of two languages the fields with their words, and the answers
        load_copies(keys, dispatch=greeted)
