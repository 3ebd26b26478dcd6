"""Own fields in forms: asked when signing up, changed on the reader's own page and by staff."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models.audit_log import ModelLogEntry

from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.own_fields.keep_answers import answers_of, keep_answers
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.staff_actions.change_answers import change_answers
from newsletters.models import OwnField, OwnValue, SignUp, Subscriber
from tests.newsletters.audience.own_fields.conftest import AddField
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub


def sign_up(hub: Hub, **answers: str) -> tuple[SignUp | None, str]:
    """Send the sign-up form; return the request that was made, and the page."""
    address = reverse("newsletters:sign-up", args=[hub.newsletter.slug, "en"])
    data = {"email": "dora@example.org", "themes": [hub.themes["data"].pk], "language": "en", **answers}
    page = Client().post(address, data).content.decode()
    return SignUp.objects.first(), page


def person_page(subscriber: Subscriber) -> str:
    return reverse("newsletters:person", args=[make_person_token(subscriber_pk=subscriber.pk)])


def test_the_sign_up_form_asks_and_the_answers_wait_for_the_confirmation(hub: Hub, add_field: AddField) -> None:
    add_field("organisation", asks_on_sign_up=True)
    add_field("sector", kind="choice", choices=("school",), asks_on_sign_up=True)
    add_field("internal")
    asked, _page = sign_up(hub, **{"own-organisation": "The  Hub", "own-sector": "school", "own-internal": "x"})
    assert asked
    assert asked.own_values == {"organisation": "The Hub", "sector": "school"}
    assert not OwnValue.objects.exists()
    confirm = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=asked.pk)])
    shown = Client().get(confirm).content.decode()
    assert "The Hub" in shown
    assert "School" in shown
    Client().post(confirm)
    assert answers_of(Subscriber.objects.get()) == {"organisation": "The Hub", "sector": "school"}


def test_a_field_of_another_newsletter_is_not_asked(hub: Hub, add_field: AddField) -> None:
    own_field = add_field("organisation", asks_on_sign_up=True)
    own_field.newsletters.add(hub.newsletter)
    own_field.save()
    address = reverse("newsletters:sign-up", args=[hub.newsletter.slug, "en"])
    assert "own-organisation" in Client().get(address).content.decode()
    hub.newsletter.pk, hub.newsletter.slug = None, "other"
    hub.newsletter.save()
    own_field.newsletters.set([hub.newsletter])
    own_field.save()
    assert "own-organisation" not in Client().get(address).content.decode()


def test_wrong_answers_are_shown_and_ask_for_nothing(hub: Hub, add_field: AddField) -> None:
    add_field("organisation", asks_on_sign_up=True, is_required=True)
    add_field("started", kind="date", asks_on_sign_up=True)
    sector = add_field("sector", kind="choice", choices=("school", "museum"), asks_on_sign_up=True)
    sector.choices.filter(key="museum").update(is_offered=False)
    wrong = {"own-started": "31-2-2025", "own-sector": "museum", "own-organisation": ""}
    asked, page = sign_up(hub, **wrong)
    assert asked is None
    assert "is not a date" in page
    assert "Choose one of the choices that are offered." in page
    assert "This field is required." in page
    asked, page = sign_up(hub, **{"own-organisation": "x" * 10_000})
    assert asked is None
    assert "Use at most 200 characters." in page


def test_html_and_line_breaks_do_no_harm(hub: Hub, add_field: AddField) -> None:
    add_field("organisation", asks_on_sign_up=True)
    asked, _page = sign_up(hub, **{"own-organisation": "<b>Hub</b>\r\nBcc: all@example.org"})
    assert asked
    assert asked.own_values["organisation"] == "<b>Hub</b> Bcc: all@example.org"
    shown = Client().get(reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=asked.pk)]))
    assert "&lt;b&gt;Hub" in shown.content.decode()


def test_a_stranger_does_not_replace_what_the_owner_answered(hub: Hub, add_field: AddField) -> None:
    own_field = add_field("organisation", asks_on_sign_up=True)
    [ann] = hub.subscribe("ann", status="ended")
    OwnValue.objects.create(subscriber=ann.subscriber, own_field=own_field, value="Mine")
    asked = hub.ask("ann")
    asked.own_values = {"organisation": "Theirs", "gone": "x"}
    asked.save()
    confirm_sign_up(asked, wording="", now=timezone.now())
    assert answers_of(ann.subscriber) == {"organisation": "Mine"}


def test_confirming_asks_the_database_nothing_more_where_nothing_was_answered(
    hub: Hub, add_field: AddField, django_assert_num_queries: Callable[..., Any]
) -> None:
    add_field("organisation", asks_on_sign_up=True)
    [ann] = hub.subscribe("ann")
    with django_assert_num_queries(0):
        keep_answers(ann.subscriber, {})


def test_the_own_page_shows_and_changes_answers(hub: Hub, add_field: AddField) -> None:
    shown, hidden = add_field("organisation"), add_field("internal", is_on_own_page=False)
    [ann] = hub.subscribe("ann")
    for own_field in (shown, hidden):
        OwnValue.objects.create(subscriber=ann.subscriber, own_field=own_field, value="Old")
    address = person_page(ann.subscriber)
    page = Client().get(address).content.decode()
    assert 'value="Old"' in page
    assert "own-internal" not in page
    assert "Internal" in Client().get(f"{address}?show=data").content.decode()  # all that is kept
    Client().post(address, {"do": "about", "own-organisation": "New", "own-internal": "New"})
    assert answers_of(ann.subscriber) == {"organisation": "New", "internal": "Old"}
    Client().post(address, {"do": "about", "own-organisation": ""})
    assert answers_of(ann.subscriber) == {"internal": "Old"}


def test_a_wrong_answer_on_the_own_page_is_named_and_changes_nothing(hub: Hub, add_field: AddField) -> None:
    add_field("started", kind="date")
    [ann] = hub.subscribe("ann")
    page = Client().post(person_page(ann.subscriber), {"do": "about", "own-started": "31-2-2025"}).content.decode()
    assert "<title>Error" in page
    assert "autofocus" in page
    assert not OwnValue.objects.exists()


def test_a_field_that_came_or_went_since_the_page_was_loaded_changes_nothing(hub: Hub, add_field: AddField) -> None:
    late = add_field("late")
    [ann] = hub.subscribe("ann")
    OwnValue.objects.create(subscriber=ann.subscriber, own_field=late, value="Staff wrote this")
    answer = Client().post(person_page(ann.subscriber), {"do": "about", "own-gone": "x"})
    assert answer.status_code == 302
    assert answers_of(ann.subscriber) == {"late": "Staff wrote this"}


def test_a_retired_choice_stays_with_who_has_it(hub: Hub, add_field: AddField) -> None:
    sector = add_field("sector", kind="choice", choices=("school", "museum"))
    sector.choices.filter(key="museum").update(is_offered=False)
    ann, bob = hub.subscribe("ann", "bob")
    OwnValue.objects.create(subscriber=ann.subscriber, own_field=sector, value="museum")
    for subscription in (ann, bob):
        Client().post(person_page(subscription.subscriber), {"do": "about", "own-sector": "museum"})
    assert answers_of(ann.subscriber) == {"sector": "museum"}
    assert answers_of(bob.subscriber) == {}


def test_staff_see_and_change_answers_and_the_log_names_none(hub: Hub, add_field: AddField) -> None:
    add_field("organisation", is_on_own_page=False)
    [ann] = hub.subscribe("ann")
    client, address = client_of(hub, "administrator"), reverse("newsletters_admin:reader", args=[ann.subscriber_id])
    client.post(address, {"do": "answers", "own-organisation": "The Hub"})
    assert "The Hub" in client.get(address).content.decode()
    entry = ModelLogEntry.objects.get(action="hub_newsletters.change_answers")
    assert "The Hub" not in json.dumps(entry.data) + entry.label


def form_fields(page: str, act: str) -> dict[str, str]:
    """Return what a browser sends if its user changes nothing and presses this button."""
    (button,) = BeautifulSoup(page, "html.parser").select(f'[name=do][value="{act}"]')
    form = button.find_parent("form")
    assert form
    typed = {str(each["name"]): str(each.get("value", "")) for each in form.select("input")}
    chosen = {
        str(select["name"]): str(option["value"])
        for select in form.select("select")
        for option in select.select("option[selected]")
    }
    return typed | chosen | {"do": act}


@pytest.mark.parametrize("act", ["about", "answers"])
def test_a_stale_page_changes_only_what_was_changed_on_it(hub: Hub, add_field: AddField, act: str) -> None:
    for key, kind in (("organisation", "text"), ("started", "date"), ("member", "yes_no")):
        add_field(key, kind=kind, asks_on_sign_up=True)
    (ann,) = hub.subscribe("ann")
    keep_answers(ann.subscriber, {"organisation": "Old", "started": "2024-05-01", "member": "yes"})
    client = client_of(hub, "administrator")
    staff = reverse("newsletters_admin:reader", args=[ann.subscriber_id])
    address = person_page(ann.subscriber) if act == "about" else staff
    sent = form_fields(client.get(address).content.decode(), act)
    keep_answers(ann.subscriber, {"organisation": "New", "started": "2025-05-01", "member": ""})
    client.post(address, sent)
    assert answers_of(ann.subscriber) == {"organisation": "New", "started": "2025-05-01"}
    wrong = client.post(address, sent | {"own-started": "soon", "own-organisation": "Newest"}).content.decode()
    client.post(address, form_fields(wrong, act) | {"own-started": ""})
    assert answers_of(ann.subscriber) == {"organisation": "Newest"}


def test_only_who_may_change_subscriptions_changes_answers(hub: Hub, add_field: AddField) -> None:
    add_field("organisation")
    [ann] = hub.subscribe("ann")
    for role in ("editor", "approver", "outsider"):
        address = reverse("newsletters_admin:reader", args=[ann.subscriber_id])
        client_of(hub, role).post(address, {"do": "answers", "own-organisation": "x"})
    assert not OwnValue.objects.exists()


def test_erasing_takes_the_answers_and_deleting_a_field_takes_them_from_everybody(
    hub: Hub, add_field: AddField
) -> None:
    own_field = add_field("organisation")
    ann, bob = hub.subscribe("ann", "bob")
    for subscription in (ann, bob):
        OwnValue.objects.create(subscriber=subscription.subscriber, own_field=own_field, value="The Hub")
    Client().post(person_page(ann.subscriber), {"do": "erase"})
    assert OwnValue.objects.count() == 1
    OwnField.objects.all().delete()
    assert not OwnValue.objects.exists()


def test_my_data_as_json_has_the_answers_of_the_reader_and_of_requests(hub: Hub, add_field: AddField) -> None:
    own_field = add_field("started", kind="date")
    [ann] = hub.subscribe("ann")
    OwnValue.objects.create(subscriber=ann.subscriber, own_field=own_field, value="2024-05-01")
    asked = hub.ask("ann")
    SignUp.objects.filter(pk=asked.pk).update(
        own_values={"started": "2020-01-01"}, requested_at=timezone.now() - timedelta(days=1)
    )
    data = Client().get(person_page(ann.subscriber), {"show": "data", "form": "json"}).json()
    assert data["answers"] == [{"field": "Started", "answer": "May 1, 2024"}]
    assert data["requests"][0]["answers"] == [{"field": "Started", "answer": "Jan. 1, 2020"}]


def test_answers_to_a_field_that_is_gone_do_not_fit_a_new_one_with_its_key(hub: Hub, add_field: AddField) -> None:
    add_field("since", asks_on_sign_up=True)
    asked, _page = sign_up(hub, since="foo")
    assert asked
    OwnField.objects.all().delete()
    add_field("since", kind="date", asks_on_sign_up=True)
    link = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=asked.pk)])
    page = Client().get(link).content.decode()
    assert "foo" not in page
    assert Client().post(link).status_code == 200
    assert answers_of(Subscriber.objects.get()) == {}


def test_nobody_is_told_of_answers_that_did_not_change(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann")
    change_answers(ann.subscriber, answers={}, user=hub.users["administrator"], now=hub.now)
    assert not ModelLogEntry.objects.filter(action="hub_newsletters.change_answers").exists()
