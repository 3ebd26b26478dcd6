"""The ledger has the words that somebody was shown, not those that happen to be in force when the form comes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.person_tokens import make_person_token
from newsletters.models import ConsentEvent, NewsletterText, SignUp, Subscription
from tests.newsletters.audience.browsing import hidden_fields, old_stamp
from tests.newsletters.building import Hub

PAGE, API = "/n/s/letter/en", "/api/v1/newsletters/letter/subscriptions"
WORDS, OTHER_WORDS = "Send me the letter each month.", "Send me the letter each week."
CHANGED = "changed while this page was open"


def change_words() -> None:
    NewsletterText.objects.filter(locale__language_code="en").update(consent_wording=OTHER_WORDS)


def change_statement() -> None:
    NewsletterText.objects.filter(locale__language_code="en").update(privacy_version="June 2026")


CHANGES = pytest.mark.parametrize("change", [change_words, change_statement])


def filled_in(hub: Hub) -> dict[str, Any]:
    return {"email": "eve@example.org", "first_name": "Eve", "language": "en", "themes": [hub.themes["data"].pk]}


@CHANGES
def test_a_sign_up_form_is_shown_again_with_the_new_words(hub: Hub, client: Client, change: Callable[[], None]) -> None:
    form = hidden_fields(client.get(PAGE)) | filled_in(hub) | {"stamp": old_stamp("letter")}
    change()
    page = client.post(PAGE, form)
    words = page.content.decode()
    assert not SignUp.objects.exists()
    assert CHANGED in words
    assert 'value="Eve"' in words  # nothing is lost
    assert words.index("autofocus") < words.index(CHANGED)
    client.post(PAGE, form | hidden_fields(page))
    (asked,) = SignUp.objects.all()
    text = NewsletterText.objects.get(locale__language_code="en")
    assert (asked.wording, asked.statement_version) == (text.consent_wording, text.privacy_version)


def test_a_form_on_another_site_works_and_no_words_are_kept_for_it(hub: Hub, client: Client) -> None:
    assert "Check your inbox" in client.post(PAGE, filled_in(hub)).content.decode()
    (asked,) = SignUp.objects.all()
    assert (asked.wording, asked.statement_url) == ("", "")


@CHANGES
def test_the_page_that_confirms_is_shown_again_with_the_new_words(
    hub: Hub, client: Client, change: Callable[[], None]
) -> None:
    address = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=hub.ask("eve").pk)])
    form = hidden_fields(client.get(address))
    change()
    page = client.post(address, form)
    assert CHANGED in page.content.decode()
    assert not Subscription.objects.exists()
    client.post(address, hidden_fields(page))
    confirmed, _requested = ConsentEvent.objects.all()
    text = NewsletterText.objects.get(locale__language_code="en")
    assert (confirmed.wording, confirmed.statement_version) == (text.consent_wording, text.privacy_version)


@CHANGES
def test_a_newsletter_is_not_joined_with_other_words_than_were_shown(
    hub: Hub, client: Client, change: Callable[[], None]
) -> None:
    (ann,) = hub.subscribe("ann", status=Subscription.Status.ENDED)
    address = reverse("newsletters:person", args=[make_person_token(subscriber_pk=ann.subscriber_id)])
    button = "Subscribe to “The Letter”"
    form = {"do": "join"} | hidden_fields(client.get(address), button=button)
    change()
    page = client.post(address, form)
    assert CHANGED in page.content.decode()
    ann.refresh_from_db()
    assert ann.status == Subscription.Status.ENDED
    client.post(address, form | hidden_fields(page, button=button))
    (event,) = ann.consent_events.all()
    text = NewsletterText.objects.get(locale__language_code="en")
    assert (event.wording, event.statement_version) == (text.consent_wording, text.privacy_version)


@CHANGES
def test_the_api_refuses_an_outdated_version(hub: Hub, client: Client, change: Callable[[], None]) -> None:
    def version() -> str:
        (english, _dutch) = client.get("/api/v1/newsletters/letter").json()["languages"]
        return english["consent_version"]

    body = {"email": "eve@example.org", "language": "en", "themes": ["data"], "consent_version": version()}
    assert client.post(API, body, "application/json").status_code == 202
    assert SignUp.objects.get().wording == WORDS
    change()
    refused = client.post(API, body, "application/json")
    assert refused.status_code == 422
    assert [error["name"] for error in refused.json()["errors"]] == ["consent_version"]
    assert client.post(API, body | {"consent_version": ""}, "application/json").status_code == 202
    assert SignUp.objects.order_by("pk").last().wording == ""  # type: ignore[union-attr]
    assert SignUp.objects.count() == 2
