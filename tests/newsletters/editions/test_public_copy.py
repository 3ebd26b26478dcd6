"""What a stranger reads of an issue that was sent: nothing that is meant for subscribers, and the way to become one."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from newsletters.models import Dispatch, Edition, IssuePage
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub

FOR_SUBSCRIBERS = {
    "en": ("You receive this", "Unsubscribe", "Preferences", "Themes that you follow", "Dear", "Choose your themes"),
    "nl": ("Je ontvangt", "itschrijven", "Voorkeuren", "Thema’s die je volgt", "Beste", "Kies je thema’s"),
}
SUBSCRIBE = {"en": "Subscribe to “The Letter”", "nl": "Schrijf je in voor “De Brief”"}


@pytest.fixture
def sent(hub: Hub, work: Any, make_picture: Any) -> Dispatch:
    for page in hub.articles["open-data"].values():
        page.image = make_picture("A canal", width=1300, height=800, description="A canal")
        page.save()
    hub.update_stories()
    hub.subscribe("ann", themes=["data", "power"])
    words = {"title": "What moves us", "preheader": 'More than “"</head> the subject.'}
    hub.edit(words={"en": words}, stories=[hub.story("open-data", is_lead=True), hub.story("town-meeting")])
    dispatch = hub.send()
    work(dispatch, FakeTransport())
    return Dispatch.objects.get(pk=dispatch.pk)


def online(hub: Hub, client: Client, language: str = "en", issue: Any = None) -> BeautifulSoup:
    return BeautifulSoup(client.get(f"/n/i/{(issue or hub.issue).pk}/{language}").content, "html.parser")


def issue_in_api(hub: Hub, client: Client, language: str) -> dict[str, Any]:
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    editions = client.get(f"/api/v1/newsletters/letter/issues/{issue.slug}").json()["editions"]
    return next(edition for edition in editions if edition["language"] == language)


def card(soup: BeautifulSoup) -> dict[str, str]:
    return {
        str(tag.get("property") or tag["name"]): str(tag["content"])
        for tag in soup.select("meta[property], meta[name]")
    }


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_stranger_is_asked_to_subscribe_and_not_spoken_to_as_a_subscriber(
    hub: Hub, sent: Dispatch, client: Client, language: str
) -> None:
    in_api = issue_in_api(hub, client, language)
    page = online(hub, client, language)
    shown = [page.get_text(" "), BeautifulSoup(in_api["html"], "html.parser").get_text(" "), in_api["text"]]
    for words in shown:
        assert [said for said in FOR_SUBSCRIBERS[language] if said in words] == []
        assert SUBSCRIBE[language] in words
        assert "Ellermanstraat 18" in words
    assert f"→ http://hub.test/n/s/letter/{language}" in in_api["text"]
    assert {link["href"] for link in page.find_all("a", href=lambda href: "/n/s/" in href)} == {
        f"http://hub.test/n/s/letter/{language}"
    }


def test_who_got_the_mail_is_still_spoken_to_as_a_subscriber(hub: Hub, sent: Dispatch) -> None:
    frozen = Edition.objects.get(dispatch=sent, theme_set=None, locale=hub.locales["en"])
    for body in (frozen.html, frozen.text):
        assert "You receive this" in body
        assert "Unsubscribe" in body
        assert "%%salutation%%" in body


def test_every_story_is_kept(hub: Hub, sent: Dispatch, client: Client) -> None:
    frozen = Edition.objects.get(dispatch=sent, theme_set=None, locale=hub.locales["en"])
    for shown in (str(online(hub, client)), issue_in_api(hub, client, "en")["html"]):
        told = [
            [tag.get_text(strip=True) for tag in BeautifulSoup(html, "html.parser").find_all(["h1", "h2", "h3"])]
            for html in (frozen.html, shown)
        ]
        assert told[0] == told[1]
        assert "<!--[if mso | IE]>" in shown


def test_a_shared_link_has_a_card(hub: Hub, sent: Dispatch, client: Client) -> None:
    soup = online(hub, client)
    shown = card(soup)
    address = f"http://hub.test/n/i/{hub.issue.pk}"
    assert shown["og:title"] == shown["twitter:title"] == "What moves us"
    assert shown["og:description"] == shown["description"] == 'More than “"</head> the subject.'
    assert shown["og:url"] == soup.select_one("link[rel=canonical]")["href"] == f"{address}/en"  # type: ignore[index]
    assert (shown["og:type"], shown["og:site_name"]) == ("article", "The Letter")
    assert (shown["og:locale"], shown["og:locale:alternate"]) == ("en", "nl")
    assert shown["og:image"].startswith("http://hub.test/media/")
    assert (shown["og:image:alt"], shown["twitter:card"]) == ("A canal", "summary_large_image")
    assert {link["hreflang"]: link["href"] for link in soup.select("link[rel=alternate]")} == {
        code: f"{address}/{code}" for code in ("en", "nl")
    }
    assert soup.title
    assert soup.title.string == "What moves us · The Letter"
    assert len(soup.find_all("head")) == len(soup.find_all("h1")) == 1


def test_an_issue_leads_to_the_earlier_the_later_and_all(hub: Hub, sent: Dispatch, client: Client, work: Any) -> None:
    first = hub.issue
    assert not online(hub, client).select("a[rel=prev], a[rel=next]")
    later = hub.send_one_more("A later story")
    work(later, FakeTransport())
    (link,) = online(hub, client, issue=first).select("a[rel=prev], a[rel=next]")
    assert (link["rel"], link["href"]) == (["next"], f"http://hub.test/n/i/{hub.issue.pk}/en")
    (back,) = online(hub, client).select("a[rel=prev], a[rel=next]")
    assert (back["rel"], back["href"], back.text) == (["prev"], f"http://hub.test/n/i/{first.pk}/en", "What moves us")
    assert online(hub, client).select(f'a[href="{hub.page.full_url}"]')
    IssuePage.objects.get(pk=first.pk).unpublish()
    assert not online(hub, client).select("a[rel=prev]")


def test_where_the_newsletter_is_not_written_any_more_nothing_leads_to_its_sign_up(
    hub: Hub, sent: Dispatch, client: Client
) -> None:
    hub.newsletter.texts.filter(locale=hub.locales["nl"]).delete()
    page = online(hub, client, "nl")
    assert not page.find_all("a", href=lambda href: "/n/s/" in href)
    assert [said for said in FOR_SUBSCRIBERS["nl"] if said in page.get_text(" ")] == []


def test_an_editors_rule_and_words_like_a_token_are_cut_for_nobody(hub: Hub, sent: Dispatch, client: Client) -> None:
    frozen = Edition.objects.get(dispatch=sent, theme_set=None, locale=hub.locales["en"])
    frozen.text = frozen.text.replace("What moves us\n", "* * *\n\n%\u2060%unsubscribe_url%%\n\nWhat moves us\n")
    frozen.html = frozen.html.replace("What moves us</h1>", "%\u2060%unsubscribe_url%%</h1>")
    frozen.save()
    soup, text = online(hub, client), issue_in_api(hub, client, "en")["text"]
    for shown in (soup.get_text(), text):
        assert "%\u2060%unsubscribe_url%%" in shown
        assert "A town meeting" in shown
