"""Joining on one's own page: the link to it proves the address, so a button is enough."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.actions.join_newsletter import join_newsletter
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.queries import audience
from newsletters.models import Newsletter, NewsletterPage, NewsletterText, SignUp, Subscriber, Subscription, Suppression
from tests.conftest import add_page
from tests.newsletters.audience.browsing import hidden_fields
from tests.newsletters.building import Hub

Status = Subscription.Status
JOIN = {"do": "join", "newsletter": "letter"}


def page_of(subscriber_pk: int) -> str:
    return reverse("newsletters:person", args=[make_person_token(subscriber_pk=subscriber_pk)])


def second_newsletter(hub: Hub, *, slug: str = "post", language: str = "en", live: bool = True) -> Newsletter:
    other = Newsletter(name="Post", slug=slug, sender_email="post@hub.test", reply_to="post@hub.test")
    other.texts.set([NewsletterText(locale=hub.locales[language], title="The Post", consent_wording="Post me.")])
    other.save()
    add_page(hub.page.get_parent(), NewsletterPage(title="Post", slug=slug, newsletter=other), live=live)
    return other


def test_a_button_joins_and_the_consent_says_what_was_shown(hub: Hub, client: Client) -> None:
    (ann,) = hub.subscribe("ann")
    second_newsletter(hub)
    soup = BeautifulSoup(client.get(page_of(ann.subscriber_id)).content, "html.parser")
    (form,) = [form for form in soup.find_all("form") if form.find("button", value="join")]
    assert "Post me." in form.text
    choice = hidden_fields(client.get(page_of(ann.subscriber_id)), button="The Post")
    page = client.post(page_of(ann.subscriber_id), choice | {"do": "join"}, follow=True).content.decode()
    assert "Saved." in page
    assert "You have not chosen any themes yet" in page
    joined = Subscription.objects.get(newsletter__slug="post")
    assert (joined.status, joined.theme_set.key) == (Status.ACTIVE, "")
    (event,) = joined.consent_events.all()
    assert (event.kind, event.source, event.wording) == ("confirmed", "person's page", "Post me.")


def test_who_left_comes_back_with_the_themes_that_they_had(hub: Hub, client: Client) -> None:
    (ann,) = hub.subscribe("ann", themes=["power"], status=Status.ENDED)
    hub.subscribe("bob")
    Suppression.add("ann@example.org", reason=Suppression.Reason.LEFT, now=timezone.now())
    asked = hub.ask("ann")
    choice = hidden_fields(client.get(page_of(ann.subscriber_id)), button="The Letter")
    for _click in range(2):
        client.post(page_of(ann.subscriber_id), choice | JOIN)
    ann.refresh_from_db()
    assert (ann.status, ann.theme_set.key, ann.paused_until) == (Status.ACTIVE, "power", None)
    (event,) = ann.consent_events.all()
    assert (event.kind, event.statement_url) == ("returned", "https://hub.test/privacy")
    assert not Suppression.objects.of("ann@example.org").exists()
    asked.refresh_from_db()
    assert asked.status == SignUp.Status.CLOSED
    confirm = reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=asked.pk)])
    client.post(confirm)  # an older request changes nothing
    assert ann.consent_events.count() == 1


def test_a_pause_holds_for_what_is_joined_meanwhile_and_the_page_names_what_is_paused(hub: Hub, client: Client) -> None:
    (ann,) = hub.subscribe("ann")
    other = second_newsletter(hub)
    link, until = page_of(ann.subscriber_id), timezone.localdate() + timedelta(days=30)
    client.post(link, {"do": "pause", "until": f"{until}"})
    choice = hidden_fields(client.get(link), button="The Post") | {"do": "join"}
    client.post(link, choice)
    joined = Subscription.objects.get(newsletter=other)
    assert (joined.paused_until, audience(other).count()) == (until, 0)
    assert [event.kind for event in joined.consent_events.order_by("pk")] == ["confirmed", "paused"]
    Subscription.objects.filter(pk=joined.pk).update(paused_until=None)
    page = client.get(link).content.decode()
    assert "You do not get “The Letter” until" in page
    assert "You do not get “The Post” until" not in page


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.BOUNCED, Status.COMPLAINED])
def test_what_is_not_ended_cannot_be_joined(hub: Hub, client: Client, status: str) -> None:
    (ann,) = hub.subscribe("ann", status=status)
    assert 'value="join"' not in client.get(page_of(ann.subscriber_id)).content.decode()
    client.post(page_of(ann.subscriber_id), JOIN)
    ann.refresh_from_db()
    assert ann.status == status
    assert not ann.consent_events.exists()


@pytest.mark.parametrize("slug", ["post", "nothing", "", "\x00", "x" * 3000])
def test_what_is_not_public_cannot_be_joined(hub: Hub, client: Client, slug: str) -> None:
    (ann,) = hub.subscribe("ann")
    second_newsletter(hub, live=False)
    assert client.post(page_of(ann.subscriber_id), {"do": "join", "newsletter": slug}).status_code == 200
    assert Subscription.objects.get() == ann


def test_a_newsletter_in_another_language_is_offered_in_that_language(hub: Hub, client: Client) -> None:
    (ann,) = hub.subscribe("ann")
    second_newsletter(hub, language="nl")
    assert '<h3 lang="nl">The Post</h3>' in client.get(page_of(ann.subscriber_id)).content.decode()
    client.post(page_of(ann.subscriber_id), {"do": "join", "newsletter": "post"})
    assert Subscription.objects.get(newsletter__slug="post").locale == hub.locales["nl"]


def test_who_was_erased_meanwhile_is_not_brought_back(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann", status=Status.ENDED)
    erased = ann.subscriber
    Subscriber.objects.all().delete()
    text: Any = hub.newsletter.text_in(hub.locales["en"])
    choices = {"newsletter": hub.newsletter, "locale": text.locale, "wording": "", "statement": None}
    assert join_newsletter(erased, now=timezone.now() + timedelta(days=1), **choices) is False
    assert not Subscription.objects.exists()


def test_the_number_of_newsletters_makes_no_more_queries(
    hub: Hub, client: Client, django_assert_max_num_queries: Any
) -> None:
    (ann,) = hub.subscribe("ann")
    second_newsletter(hub)
    with django_assert_max_num_queries(100) as queries:
        client.get(page_of(ann.subscriber_id))
        few = len(queries)
    second_newsletter(hub, slug="paper")
    second_newsletter(hub, slug="sheet")
    with django_assert_max_num_queries(few):
        client.get(page_of(ann.subscriber_id))
