"""What was sent is public, complete and without anything personal: every public byte is searched for it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from newsletters.models import Dispatch, IssuePage, Subscription
from newsletters.testing import FakeTransport
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.building import Hub

PERSONAL_ADDRESS = re.compile(r"/n/[ucp]/[^\"'\s<]")


@pytest.fixture
def sent(hub: Hub, work: Any) -> Dispatch:
    hub.subscribe("annabel", domain="reader.example")
    hub.subscribe("bobbejaan", language="nl", themes=["data", "power"], domain="reader.example")
    dispatch = hub.send()
    work(dispatch, FakeTransport())
    return Dispatch.objects.get(pk=dispatch.pk)


def public_bytes(hub: Hub, client: Client) -> dict[str, str]:
    """Return what everyone gets, by address."""
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    api = "/api/v1"
    addresses = [
        *(f"{api}/newsletters", f"{api}/newsletters/letter", f"{api}/newsletters/letter/issues"),
        *(f"{api}/newsletters/letter/issues/{issue.slug}", f"{api}/pages", f"{api}/pages/{issue.pk}"),
        *(f"{api}/pages?type=issue", f"{api}/pages?q=letter", f"{api}/resolve?path={issue.url}", f"{api}/site"),
        *(f"{api}/feed.json", f"{api}/feed.rss", f"{api}/feed.atom", f"{api}/feed.rss?locale=nl", f"{api}/sitemap"),
        *(f"/n/i/{issue.pk}/en", f"/n/i/{issue.pk}/nl", str(issue.url), str(hub.page.url)),
    ]
    answers = {address: client.get(address) for address in addresses}
    answers["as markdown"] = client.get(f"{api}/pages/{issue.pk}", headers={"Accept": "text/markdown"})
    return {
        address: answer.content.decode() + str(answer.headers)
        for address, answer in answers.items()
        if answer.status_code == 200
    }


def test_the_archive_has_every_story_in_every_language(hub: Hub, sent: Dispatch, client: Client) -> None:
    found = public_bytes(hub, client)
    assert len(found) >= 18
    for language, titles in {
        "en": ("Open data for all", "A town meeting", "Open day"),
        "nl": ("Open data voor iedereen", "Een dorpsvergadering", "Open dag"),
    }.items():
        for title in titles:
            assert title in found[f"/n/i/{hub.issue.pk}/{language}"]
            assert title in found[f"/api/v1/newsletters/letter/issues/{hub.issue.slug}"]


def test_no_public_byte_says_who_got_it_or_leads_to_their_choices(hub: Hub, sent: Dispatch, client: Client) -> None:
    tokens = [
        make_token(purpose, subscription_pk=subscription.pk)
        for subscription in Subscription.objects.filter(deliveries__dispatch=sent)
        for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)
    ]
    secrets = ["annabel", "bobbejaan", "reader.example", "%%", sent.key, *tokens]
    for address, shown in public_bytes(hub, client).items():
        assert [secret for secret in secrets if secret.lower() in shown.lower()] == [], address
        assert not PERSONAL_ADDRESS.search(shown), address


def test_before_it_is_sent_nothing_of_it_is_public(hub: Hub, client: Client) -> None:
    hub.edit(words={"en": {"title": "Unsent canary", "subject": "Unsent canary"}})
    hub.approve()
    for address, shown in public_bytes(hub, client).items():
        assert "Unsent canary" not in shown, address
        assert f"/n/i/{hub.issue.pk}" not in address
