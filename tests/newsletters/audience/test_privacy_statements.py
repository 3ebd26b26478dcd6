"""Readers can read the privacy statement before they agree, and the proof says which one they were shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageViewRestriction

from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.personal_data import personal_data_of
from newsletters.issues.checking import CheckedIssue, check_issue
from newsletters.models import NewsletterText, SignUp, Subscriber
from newsletters.publications.privacy_statements import PrivacyStatement, privacy_statements
from tests.newsletters.audience.browsing import fill_in
from tests.newsletters.building import Hub

LINK = 'href="https://hub.test/privacy"'


def text_of(hub: Hub, language: str) -> NewsletterText:
    return hub.newsletter.texts.get(locale=hub.locales[language])


def choose_page(hub: Hub, page: Any) -> NewsletterText:
    text = text_of(hub, "en")
    text.privacy_page, text.privacy_link, text.privacy_version = page, "", ""
    text.full_clean()
    text.save()
    return text


def statement_of(hub: Hub, text: NewsletterText) -> PrivacyStatement | None:
    return privacy_statements([text], site=hub.site, now=timezone.now()).get(text)


def check(hub: Hub) -> CheckedIssue:
    return check_issue(hub.draft(), newsletter=hub.newsletter, now=hub.now)


def test_the_statement_stands_beside_the_button_and_in_the_consent(hub: Hub, client: Client) -> None:
    assert LINK in client.get("/n/s/letter/en").content.decode()
    fill_in(client, "/n/s/letter/en", {"email": "eve@example.org", "language": "en", "themes": [hub.themes["data"].pk]})
    request = SignUp.objects.get()
    confirm = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=request.pk)])
    assert LINK in client.get(confirm).content.decode()
    NewsletterText.objects.filter(locale=hub.locales["en"]).update(privacy_version="June 2026")
    fill_in(client, confirm)
    eve = Subscriber.objects.get()
    person = reverse("newsletters:person", args=[make_person_token(subscriber_pk=eve.pk)])
    assert LINK in client.get(person).content.decode()
    (subscription,) = personal_data_of(eve, names_staff=False, now=timezone.now()).subscriptions
    shown = [(event.statement_url, event.statement_version) for event in subscription.events]
    assert shown == [("https://hub.test/privacy", "June 2026"), ("https://hub.test/privacy", "May 2026")]
    assert {len(event.wording_version) for event in subscription.events} == {12}
    assert "https://hub.test/privacy (May 2026)" in client.get(f"{person}?show=data").content.decode()


def test_the_api_names_it_and_keeps_it_with_a_request(hub: Hub, client: Client) -> None:
    english, dutch = client.get("/api/v1/newsletters/letter").json()["languages"]
    assert english["privacy_statement"] == {"url": "https://hub.test/privacy", "version": "May 2026"}
    asked = {
        "email": "eve@example.org",
        "language": "nl",
        "themes": ["data"],
        "consent_version": dutch["consent_version"],
    }
    client.post("/api/v1/newsletters/letter/subscriptions", asked, "application/json")
    assert SignUp.objects.get().statement_url == "https://hub.test/privacy-nl"


def test_a_page_has_the_day_of_its_last_publishing_as_its_version(hub: Hub) -> None:
    article = hub.articles["open-data"]["en"]
    article.save_revision().publish()
    statement = statement_of(hub, choose_page(hub, article))
    assert statement == PrivacyStatement(url=article.full_url, version=f"{timezone.localdate()}")


@pytest.mark.parametrize("how", ["draft", "restricted", "expired", "deleted"])
def test_a_page_that_nobody_can_open_is_no_statement(hub: Hub, how: str) -> None:
    article = hub.articles["open-data"]["en"]
    text = choose_page(hub, article)
    if how == "draft":
        article.unpublish()
    elif how == "restricted":
        PageViewRestriction.objects.create(page=article, restriction_type=PageViewRestriction.LOGIN)
    elif how == "expired":
        article.expire_at = timezone.now() - timedelta(days=1)
        article.save()
    else:
        article.delete()
    text.refresh_from_db()
    assert statement_of(hub, text) is None


@pytest.mark.parametrize(
    ("link", "version", "wrong"),
    [
        ("http://hub.test/privacy", "1", "privacy_link"),
        ("https://hub.test/privacy", "", "privacy_version"),
        ("javascript:alert(1)", "1", "privacy_link"),
    ],
)
def test_a_link_is_safe_and_has_a_version(hub: Hub, link: str, version: str, wrong: str) -> None:
    text = text_of(hub, "en")
    text.privacy_link, text.privacy_version = link, version
    with pytest.raises(ValidationError) as caught:
        text.full_clean()
    assert list(caught.value.message_dict) == [wrong]


def test_a_text_has_one_statement(hub: Hub) -> None:
    text = text_of(hub, "en")
    text.privacy_page = hub.page
    with pytest.raises(ValidationError) as caught:
        text.full_clean()
    assert list(caught.value.message_dict) == ["privacy_link"]


def test_a_first_issue_is_not_sent_before_every_language_has_a_statement(hub: Hub) -> None:
    assert "privacy-statement" not in {finding.code for finding in check(hub).findings}
    NewsletterText.objects.filter(locale=hub.locales["nl"]).update(privacy_link="")
    (finding,) = [finding for finding in check(hub).errors if finding.code == "privacy-statement"]
    assert finding.language == "nl"
    assert statement_of(hub, text_of(hub, "nl")) is None


def test_later_issues_are_sent_with_a_warning(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.send()
    NewsletterText.objects.update(privacy_link="")
    checked = check(hub)
    assert "privacy-statement" not in {finding.code for finding in checked.errors}
    assert "privacy-statement" in {finding.code for finding in checked.warnings}


def test_the_number_of_languages_makes_no_more_queries(hub: Hub, django_assert_num_queries: Any) -> None:
    article, texts = hub.articles["open-data"], list(hub.newsletter.texts.all())
    for text, page in zip(texts, article.values(), strict=True):
        text.privacy_page, text.privacy_link = page, ""
    privacy_statements(texts, site=hub.site, now=timezone.now())  # loads the addresses of the sites
    with django_assert_num_queries(3):
        assert len(privacy_statements(texts[:1], site=hub.site, now=timezone.now())) == 1
    with django_assert_num_queries(3):
        assert len(privacy_statements(texts, site=hub.site, now=timezone.now())) == 2
