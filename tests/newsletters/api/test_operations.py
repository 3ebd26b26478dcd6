"""`/api/v1/newsletters`: what the public reads of newsletters and of issues that were sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from newsletters.models import Dispatch, IssuePage, OwnField, OwnFieldChoice, OwnFieldText, OwnValue, SignUp
from newsletters.sending import ledger

API = "/api/v1/newsletters"


@pytest.fixture
def sent(hub: Any) -> Dispatch:
    hub.edit(
        words={"en": {"subject": "Hello", "title": "November"}, "nl": {"subject": "Hallo", "title": "Novembermaand"}}
    )
    hub.subscribe("ann", themes=["data"])
    return hub.send()


def test_a_newsletter_says_its_languages_and_what_one_agrees_to(client: Any, hub: Any) -> None:
    expected = {
        "slug": "letter",
        "name": "The Letter",
        "languages": [
            {
                "language": "en",
                "title": "The Letter",
                "consent_wording": "Send me the letter each month.",
                "privacy_statement": {"url": "https://hub.test/privacy", "version": "May 2026"},
                "consent_version": "118811373579991e",
                "own_fields": [],
            },
            {
                "language": "nl",
                "title": "De Brief",
                "consent_wording": "Stuur mij elke maand de brief.",
                "privacy_statement": {"url": "https://hub.test/privacy-nl", "version": "Mei 2026"},
                "consent_version": "f24595bc129715db",
                "own_fields": [],
            },
        ],
    }
    assert client.get(API).json() == [expected]
    assert client.get(f"{API}/letter").json() == expected


def test_a_newsletter_without_a_public_page_is_not_there(client: Any, hub: Any) -> None:
    hub.page.unpublish()
    assert client.get(API).json() == []
    for address in (f"{API}/letter", f"{API}/letter/issues", f"{API}/nothing"):
        assert client.get(address).status_code == 404


def test_a_draft_is_not_there(client: Any, hub: Any) -> None:
    assert client.get(f"{API}/letter/issues").json() == {"count": 0, "next": None, "previous": None, "items": []}
    assert client.get(f"{API}/letter/issues/{hub.issue.slug}").status_code == 404


def test_an_issue_that_was_sent_is_there_with_every_story_in_each_language(
    client: Any, hub: Any, sent: Dispatch
) -> None:
    listed = client.get(f"{API}/letter/issues").json()
    assert listed["count"] == 1
    (item,) = listed["items"]
    assert (item["slug"], item["title"], item["languages"]) == (hub.issue.slug, "November", ["en", "nl"])
    issue = client.get(f"{API}/letter/issues/{hub.issue.slug}").json()
    assert {key: issue[key] for key in item} == item
    page = client.get(f"/api/v1/pages/{item['id']}").json()
    assert (item["path"], item["url"]) == (page["path"], page["url"])
    english, dutch = issue["editions"]
    assert (english["language"], english["subject"], dutch["subject"]) == ("en", "Hello", "Hallo")
    for words in ("Open data for all", "A town meeting", "Open day"):
        assert words in english["html"]
        assert words in " ".join(english["text"].split())


def test_titles_come_in_the_asked_language_else_in_the_first(
    client: Any, hub: Any, sent: Dispatch, settings: Any
) -> None:
    settings.LANGUAGES = settings.WAGTAIL_CONTENT_LANGUAGES = [*settings.LANGUAGES, ("fr", "Français")]
    titles = {
        code: client.get(f"{API}/letter/issues", {"locale": code}).json()["items"][0]["title"]
        for code in ("nl", "en", "fr")
    }
    assert titles == {"nl": "Novembermaand", "en": "November", "fr": "November"}


def test_slices_of_issues_say_where_the_others_are(client: Any, hub: Any, sent: Dispatch) -> None:
    only = client.get(f"{API}/letter/issues").json()
    assert (only["count"], only["next"], only["previous"]) == (1, None, None)
    after = client.get(f"{API}/letter/issues?offset=1&limit=1").json()
    assert (after["count"], after["items"], after["next"]) == (1, [], None)
    assert client.get(after["previous"]).json()["items"] == only["items"]


def test_a_cancelled_issue_is_not_there(client: Any, hub: Any, sent: Dispatch) -> None:
    assert client.get("/api/v1/newsletters/letter/issues").json()["count"] == 1  # and this answer is kept
    ledger.cancel(sent, now=hub.now)
    assert client.get(f"{API}/letter/issues").json()["count"] == 0
    assert client.get(f"{API}/letter/issues/{hub.issue.slug}").status_code == 404


def test_no_public_byte_is_personal(client: Any, hub: Any, sent: Dispatch, work: Any, transport: Any) -> None:
    work(sent, transport)
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    for address in (
        f"{API}/letter/issues/{issue.slug}",
        f"{API}/letter/issues",
        f"/api/v1/pages/{issue.pk}",
        *(f"/api/v1/feed.{form}?type=issue&locale={code}" for form in ("json", "rss", "atom") for code in ("en", "nl")),
        "/api/v1/sitemap",
        f"/n/i/{issue.pk}/en",
        f"/api/v1/resolve?path={issue.url}",
        issue.url,
    ):
        for accept in ("*/*", "text/markdown"):
            response = client.get(address, headers={"accept": accept})
            assert response.status_code == 200, address
            page = response.content.decode()
            assert "ann@example.org" not in page
            assert not re.search(r"/n/[upc]/", page)
            assert "%%" not in page


@pytest.mark.parametrize(
    "query", ["?nothing=1", "?limit=0", "?limit=101", "?offset=-1", "?limit=x", "?order=sender_email", "?locale=xx"]
)
def test_an_odd_parameter_is_refused(client: Any, hub: Any, query: str) -> None:
    assert client.get(f"{API}/letter/issues{query}").status_code == 422


def test_an_unknown_parameter_is_refused_everywhere(client: Any, hub: Any, sent: Dispatch) -> None:
    for address in (API, f"{API}/letter", f"{API}/letter/issues", f"{API}/letter/issues/{hub.issue.slug}"):
        assert client.get(f"{address}?x=1").status_code == 422
    assert client.post(f"{API}/letter/subscriptions?x=1", {}, content_type="application/json").status_code == 422


@pytest.mark.parametrize("slug", ["%00", "..", "%2e%2e%2f", "letter%00", "x" * 300])
def test_odd_addresses_are_not_found(client: Any, hub: Any, slug: str) -> None:
    assert client.get(f"{API}/{slug}").status_code == 404
    assert client.get(f"{API}/letter/issues/{slug}").status_code == 404


def test_a_list_of_issues_costs_the_same_for_one_and_for_many(client: Any, hub: Any, sent: Dispatch) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{API}/letter/issues")
        return len(queries)

    cost()
    before = cost()
    for number in range(3):
        hub.send_one_more(f"New {number}")
    assert client.get(f"{API}/letter/issues").json()["count"] == 4
    assert cost() == before


def ask(client: Any, **own_fields: object) -> Any:
    body = {"email": "dora@example.org", "language": "en", "themes": ["data"], "own_fields": own_fields}
    return client.post(f"{API}/letter/subscriptions", body, content_type="application/json")


@pytest.mark.parametrize(
    ("change", "dutch", "english"),
    [
        ({"email": "nobody"}, "Voer een geldig e-mailadres in.", "Enter a valid email address."),
        ({"themes": []}, "Kies minstens één thema.", "Choose at least one theme."),
        ({"themes": ["{x}"]}, "Er is geen thema {x}.", "There is no theme {x}."),
        ({"first_name": "a\nb"}, "De tekst bevat stuurtekens.", "The text contains control characters."),
        ({"own_fields": {"x": "y"}}, "De nieuwsbrief vraagt hier niet naar.", "The newsletter does not ask for this."),
    ],
)
def test_what_is_wrong_is_said_in_the_language_of_the_request(
    client: Any, hub: Any, change: dict[str, object], dutch: str, english: str
) -> None:
    for language, words in (("nl", dutch), ("en", english)):
        body = {"email": "dora@example.org", "language": language, "themes": ["data"]} | change
        answer = client.post(f"{API}/letter/subscriptions", body, content_type="application/json").json()
        assert [error["message"] for error in answer["errors"]] == [words]


@pytest.mark.parametrize("language", ["xx", "", 7, None, [], {"a": 1}])
def test_an_unknown_language_is_answered_in_english(client: Any, hub: Any, language: object) -> None:
    body = {"email": "nobody", "language": language, "themes": ["data"]}
    answer = client.post(f"{API}/letter/subscriptions", body, content_type="application/json").json()
    assert answer["errors"][0]["message"] == "Enter a valid email address."


@pytest.fixture
def asking(hub: Any) -> Any:
    """A newsletter whose sign-up form asks for an own field of each kind."""
    for kind in OwnField.Kind.values:
        own_field = OwnField.objects.create(
            key=f"a_{kind}", kind=kind, asks_on_sign_up=True, is_required=kind == "text"
        )
        OwnFieldText.objects.create(own_field=own_field, locale=hub.locales["en"], label=kind.title())
    OwnFieldChoice.objects.create(own_field=OwnField.objects.get(kind="choice"), key="school")
    OwnField.objects.create(key="internal")
    return hub


def test_the_own_fields_of_a_newsletter_are_described_in_each_language(client: Any, asking: Any) -> None:
    english, dutch = client.get(f"{API}/letter").json()["languages"]
    fields = {field["key"]: field for field in english["own_fields"]}
    assert list(fields) == ["a_choice", "a_date", "a_text", "a_yes_no"]
    assert fields["a_choice"]["choices"] == [{"key": "school", "label": "school"}]
    assert fields["a_text"] == {
        "key": "a_text",
        "kind": "text",
        "label": "Text",
        "help": "",
        "is_required": True,
        "choices": [],
    }
    assert [field["label"] for field in dutch["own_fields"]] == [field["label"] for field in english["own_fields"]]
    OwnField.objects.get(key="a_date").delete()
    assert len(client.get(f"{API}/letter").json()["languages"][0]["own_fields"]) == 3  # no answer from before


def test_answers_to_own_fields_are_typed_and_wait_for_the_confirmation(client: Any, asking: Any) -> None:
    answer = ask(client, a_text="The  Hub", a_choice="school", a_date="2024-05-01", a_yes_no=False)
    assert answer.status_code == 202, answer.content
    kept = {"a_text": "The Hub", "a_choice": "school", "a_date": "2024-05-01", "a_yes_no": "no"}
    assert SignUp.objects.get().own_values == kept
    assert not OwnValue.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"a_text": ""}, "a_text"),
        ({}, "a_text"),
        ({"a_text": True}, "a_text"),
        ({"a_text": "x" * 10_000}, "a_text"),
        ({"a_text": "x", "a_choice": "bakery"}, "a_choice"),
        ({"a_text": "x", "a_date": "31-2-2025"}, "a_date"),
        ({"a_text": "x", "a_date": "2025-02-31"}, "a_date"),
        ({"a_text": "x", "a_yes_no": "yes"}, "a_yes_no"),
        ({"a_text": "x", "a_yes_no": 1}, "a_yes_no"),
        ({"a_text": "x", "internal": "x"}, "internal"),
        ({"a_text": "x", "gone": "x"}, "gone"),
        ({f"key_{number}": "x" for number in range(21)}, "own_fields"),
    ],
)
def test_a_wrong_answer_is_refused_and_named(client: Any, asking: Any, wrong: dict[str, Any], where: str) -> None:
    answer = ask(client, **wrong)
    assert answer.status_code == 422
    assert where in answer.content.decode()
    assert not SignUp.objects.exists()


def test_nobody_writes_over_the_api_but_to_subscribe(client: Any, hub: Any, sent: Dispatch) -> None:
    for address in (API, f"{API}/letter", f"{API}/letter/issues", f"{API}/letter/issues/{hub.issue.slug}"):
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(address).status_code == 405
    assert client.get(f"{API}/letter/subscriptions").status_code == 405
