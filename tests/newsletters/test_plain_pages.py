"""The plain pages of a newsletter and its issues: a visitor can sign up and read what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from newsletters.models import Dispatch, IssuePage, NewsletterPage
from tests.newsletters.building import Hub
from tests.parts import element


@pytest.fixture
def dutch_page(hub: Hub) -> NewsletterPage:
    page = hub.page.copy_for_translation(hub.locales["nl"], copy_parents=True)
    page.save_revision().publish()
    return page


def test_who_reads_an_issue_can_sign_up_there(hub: Hub, client: Client) -> None:
    hub.subscribe("ann")
    hub.send()
    button = soup_of(client, IssuePage.objects.get(pk=hub.issue.pk)).find("a", class_="button")
    assert button
    assert button["href"] == "/n/s/letter/en"


def soup_of(client: Client, page: Any) -> BeautifulSoup:
    return BeautifulSoup(client.get(page.url).content, "html.parser")


def test_a_visitor_signs_up_and_reads_what_was_sent_in_the_pages_language(
    hub: Hub, dutch_page: NewsletterPage, client: Client
) -> None:
    hub.subscribe("ann")
    assert not soup_of(client, hub.page).select(".cards a")
    hub.send()
    for page, language in ((hub.page, "en"), (dutch_page, "nl")):
        soup = soup_of(client, page)
        assert element(soup, "a.button")["href"] == f"/n/s/letter/{language}"
        (link,) = soup.select(".cards a")
        assert link["href"] == f"/n/i/{hub.issue.pk}/{language}"
        text = hub.issue.text_in(hub.locales[language])
        assert text
        assert link.text == text.title
        assert client.get(link["href"]).status_code == 200


def test_an_issue_that_was_cancelled_or_is_not_public_is_not_offered(hub: Hub, client: Client) -> None:
    hub.subscribe("ann")
    dispatch = hub.send()
    assert soup_of(client, hub.page).select(".cards a")
    closed = {"status": Dispatch.Status.CANCELLED, "finished_at": hub.now}
    Dispatch.objects.filter(pk=dispatch.pk).update(**closed)
    assert not soup_of(client, hub.page).select(".cards a")
    Dispatch.objects.filter(pk=dispatch.pk).update(status=Dispatch.Status.FINISHED)
    IssuePage.objects.filter(pk=hub.issue.pk).update(live=False)
    assert not soup_of(client, hub.page).select(".cards a")


def test_an_issues_page_leads_to_it_in_each_language(hub: Hub, client: Client) -> None:
    hub.subscribe("ann")
    hub.send()
    links = soup_of(client, IssuePage.objects.get(pk=hub.issue.pk)).select("main ul a")
    found = [(link["href"], link.get("lang")) for link in links]
    assert found == [(f"/n/i/{hub.issue.pk}/{language}", language) for language in ("en", "nl")]


def test_a_language_without_words_of_the_newsletter_offers_no_form(
    hub: Hub, dutch_page: NewsletterPage, client: Client
) -> None:
    hub.newsletter.texts.filter(locale=hub.locales["nl"]).delete()
    assert not soup_of(client, dutch_page).find("a", class_="button")
