"""The subscribers' pages: unsubscribing with one click, choosing, and links that do not work."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from newsletters.audience.actions import change_subscription
from newsletters.audience.address_tokens import AddressPurpose, make_address_token
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.question_tokens import make_question_token
from newsletters.audience.views.address import KINDS
from newsletters.models import ConsentEvent, ConsentSource, SignUp, Subscriber, Subscription
from newsletters.urls import urlpatterns
from newsletters.values.personal_links import Purpose, make_token
from tests.newsletters.audience.browsing import fill_in
from tests.parts import attribute, element

Status = Subscription.Status
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def ann(hub: Any) -> Subscription:
    (ann,) = hub.subscribe("ann", themes=["data"])
    return ann


@pytest.fixture
def stranger() -> Client:
    """A mail provider's machine: no cookies, no CSRF token."""
    return Client(enforce_csrf_checks=True)


def leave_url(subscription: Subscription) -> str:
    return reverse("newsletters:unsubscribe", args=[make_token(Purpose.UNSUBSCRIBE, subscription_pk=subscription.pk)])


def choose_url(subscription: Subscription) -> str:
    return reverse("newsletters:preferences", args=[make_token(Purpose.PREFERENCES, subscription_pk=subscription.pk)])


def confirm_url(sign_up: SignUp) -> str:
    return reverse("newsletters:confirm", args=[make_confirmation_token(sign_up_pk=sign_up.pk)])


def status_of(subscription: Subscription) -> str:
    subscription.refresh_from_db()
    return subscription.status


@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_providers_one_click_post_ends_the_subscription_without_cookie_or_redirect(
    ann: Subscription, stranger: Client, kind: str
) -> None:
    address = leave_url(ann)
    assert not re.match(r"/(en|nl)/", address)
    body: Any = ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded") if kind == "urlencoded" else None
    for _time in range(2):
        response = stranger.post(address, body[0], content_type=body[1]) if body else stranger.post(address, ONE_CLICK)
        assert response.status_code == 200
        assert not response.cookies
        assert "Set-Cookie" not in response.headers
        assert status_of(ann) == Status.ENDED
    (event,) = ann.consent_events.all()
    assert (event.kind, event.source, event.language) == ("withdrawn", "one-click", "en")
    assert event.wording == ""  # no words were shown that somebody agreed to


def test_the_one_click_address_is_not_redirected_to_https(ann: Subscription, stranger: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert stranger.post(leave_url(ann), ONE_CLICK).status_code == 200
    assert status_of(ann) == Status.ENDED


def test_the_unsubscribe_page_asks_once_and_does_it(ann: Subscription, client: Client) -> None:
    page = client.get(leave_url(ann)).content.decode()
    assert "Stop sending “The Letter” to a•••@example.org?" in page
    assert status_of(ann) == Status.ACTIVE
    page = client.post(leave_url(ann)).content.decode()
    assert "You are unsubscribed" in page
    assert status_of(ann) == Status.ENDED
    assert ann.consent_events.get().source == "unsubscribe page"


def test_the_answer_to_leaving_leads_to_nobodys_choices(ann: Subscription, client: Client) -> None:
    """Whoever was forwarded a mail can unsubscribe its reader, and must get no further."""
    for page in (client.get(leave_url(ann)), client.post(leave_url(ann))):
        words = page.content.decode()
        assert "/n/p/" not in words
        assert "ann@example.org" not in words
    assert 'href="/n/s/letter/en"' in words  # who left by mistake can ask again


def test_who_left_cannot_be_brought_back_with_a_link_from_their_mails(
    ann: Subscription, client: Client, hub: Any
) -> None:
    client.post(leave_url(ann))
    page = client.get(choose_url(ann)).content.decode()
    assert 'name="themes"' not in page
    assert 'href="/n/s/letter/en"' in page
    choices = {"themes": [hub.themes["data"].pk], "language": "en", "rejoin": "yes"}
    client.post(choose_url(ann), choices)
    assert status_of(ann) == Status.ENDED


def test_choices_saved_in_a_page_from_before_do_not_subscribe_who_left_meanwhile(
    ann: Subscription, client: Client, hub: Any
) -> None:
    page = client.get(choose_url(ann)).content.decode()
    assert "rejoin" not in page
    client.post(leave_url(ann))
    choices = {"themes": [hub.themes["power"].pk], "language": "en"}
    page = client.post(choose_url(ann), choices, follow=True).content.decode()
    assert status_of(ann) == Status.ENDED
    assert "You are unsubscribed" in page
    assert "Saved." not in page


@pytest.mark.parametrize("late", ["change_choices", "unsubscribe"])
def test_what_was_loaded_before_somebody_left_brings_nobody_back(ann: Subscription, hub: Any, late: str) -> None:
    loaded = Subscription.objects.get(pk=ann.pk)
    how: dict[str, Any] = {"source": ConsentSource.PREFERENCES, "now": timezone.now()}
    change_subscription.unsubscribe(Subscription.objects.get(pk=ann.pk), **how)
    if late == "change_choices":
        how |= {"locale": hub.locales["nl"], "themes": [hub.themes["power"]]}
    assert getattr(change_subscription, late)(loaded, **how) is False
    assert status_of(ann) == Status.ENDED
    assert [event.kind for event in ann.consent_events.all()] == ["withdrawn"]


def test_preferences_change_themes_and_language(ann: Subscription, client: Client, hub: Any) -> None:
    address = choose_url(ann)
    page = client.get(address).content.decode()
    assert "a•••@example.org" in page
    assert page.count("checked") == 2
    both = [hub.themes["power"].pk, hub.themes["climate"].pk]
    response = client.post(address, {"themes": both, "language": "nl"}, follow=True)
    assert response.redirect_chain == [(f"{address}?saved=1", 302)]
    ann.refresh_from_db()
    assert (ann.locale.language_code, ann.theme_set.key, ann.status) == ("nl", "climate power", Status.ACTIVE)
    assert 'lang="nl"' in response.content.decode()
    event = ann.consent_events.get()
    assert (event.kind, event.themes, event.source) == ("changed", "climate power", "preferences page")


@pytest.mark.parametrize(
    "choices", [{"language": "en"}, {"themes": ["99999"], "language": "en"}, {"themes": ["1"], "language": "xx"}]
)
def test_preferences_that_make_no_sense_change_nothing(
    ann: Subscription, client: Client, hub: Any, choices: dict[str, Any]
) -> None:
    if choices.get("themes") == ["1"]:
        choices = choices | {"themes": [hub.themes["data"].pk]}
    response = client.post(choose_url(ann), choices)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    ann.refresh_from_db()
    assert (ann.theme_set.key, ann.locale.language_code) == ("data", "en")
    assert not ann.consent_events.exists()


def test_a_screen_reader_finds_what_is_wrong_with_a_field(ann: Subscription, client: Client, hub: Any) -> None:
    for address, wrong in ((reverse("newsletters:sign-up", args=["letter", "en"]), 3), (choose_url(ann), 2)):
        soup = BeautifulSoup(client.post(address, {"first_name": "Ann"}).content, "html.parser")
        described = soup.select("input[aria-describedby], fieldset[aria-describedby]")
        assert len(described) == wrong
        for field in described:
            assert element(soup, f"#{field['aria-describedby']} .error")


def test_who_left_before_confirming_is_not_welcomed(ann: Subscription, client: Client, hub: Any) -> None:
    link = confirm_url(hub.ask("ann"))
    client.post(leave_url(ann))
    soup = BeautifulSoup(client.post(link).content, "html.parser")
    assert element(soup, "title").text == element(soup, "h1").text == "You are not subscribed"
    assert attribute(element(soup, "main a"), "href") == "/n/s/letter/en"
    assert status_of(ann) == Status.ENDED


def test_no_form_of_a_subscriber_needs_a_cookie(ann: Subscription, stranger: Client, hub: Any) -> None:
    """Mails are opened in programs without cookies, and a form may be on another site."""
    for address in (choose_url(ann), confirm_url(hub.ask("eve")), "/n/s/letter/en"):
        response = stranger.post(address, {"language": "nl"})
        assert response.status_code == 200
        assert not response.cookies


def test_every_altered_token_gives_the_same_page(ann: Subscription, client: Client, hub: Any) -> None:
    pages = set()
    confirm = confirm_url(hub.ask("eve"))
    for address in (leave_url(ann), choose_url(ann), confirm):
        prefix, token = address[:5], address[5:]
        for place, character in enumerate(token):
            other = "x" if character != "x" else "y"
            response = client.get(prefix + token[:place] + other + token[place + 1 :])
            pages.add((response.status_code, response.content))
        stranger = prefix + make_token(Purpose.UNSUBSCRIBE, subscription_pk=999_999)
        pages.add((client.get(stranger).status_code, client.get(stranger).content))
        pages.add((client.post(prefix + "x").status_code, client.post(prefix + "x").content))
    assert len(pages) == 1
    ((status, page),) = pages
    assert status == 200
    assert b"This link does not work" in page


@pytest.mark.parametrize("rubbish", ["%00", "1.%00", "%ff", "1", "-", "x" * 2000, "1.%F0%9F%98%80"])
def test_rubbish_for_a_token_gives_that_page_too(client: Client, hub: Any, rubbish: str) -> None:
    for prefix in ("/n/u/", "/n/p/", "/n/c/"):
        for response in (client.get(prefix + rubbish), client.post(prefix + rubbish, ONE_CLICK)):
            assert response.status_code == 200
            assert b"This link does not work" in response.content


def test_a_token_of_one_purpose_does_nothing_at_another_address(ann: Subscription, client: Client, hub: Any) -> None:
    leave, choose = leave_url(ann)[5:], choose_url(ann)[5:]
    confirm = confirm_url(hub.ask("ann"))[5:]
    for prefix, tokens in {"/n/u/": (choose, confirm), "/n/p/": (leave, confirm), "/n/c/": (leave, choose)}.items():
        for token in tokens:
            assert b"This link does not work" in client.post(prefix + token, ONE_CLICK).content
    assert status_of(ann) == Status.ACTIVE


def address_url(ann: Subscription, purpose: AddressPurpose) -> str:
    asked = SignUp.objects.create(
        kind=KINDS[purpose],
        subscriber=ann.subscriber,
        email=f"new-{ann.subscriber.email}",
        newsletter=ann.newsletter,
        locale=ann.locale,
        theme_set=ann.theme_set,
        requested_at=timezone.now(),
    )
    name = "undo-address" if purpose is AddressPurpose.UNDO else "confirm-address"
    return reverse(f"newsletters:{name}", args=[make_address_token(purpose, sign_up_pk=asked.pk)])


def question_url(ann: Subscription) -> str:
    asked = SignUp.objects.create(
        kind=SignUp.Kind.STILL,
        subscriber=ann.subscriber,
        email=ann.subscriber.email,
        newsletter=ann.newsletter,
        locale=ann.locale,
        theme_set=ann.theme_set,
        requested_at=timezone.now(),
    )
    return reverse("newsletters:still-wanted", args=[make_question_token(sign_up_pk=asked.pk)])


def public_addresses(hub: Any, ann: Subscription) -> dict[str, str]:
    confirm = confirm_url(hub.ask(ann.subscriber.first_name.lower()))
    return {
        "sign-up": reverse("newsletters:sign-up", args=["letter", "en"]),
        "confirm": confirm,
        "unsubscribe": leave_url(ann),
        "preferences": choose_url(ann),
        "ask-for-link": reverse("newsletters:ask-for-link", args=["letter", "en"]),
        "confirm-address": address_url(ann, AddressPurpose.CONFIRM),
        "undo-address": address_url(ann, AddressPurpose.UNDO),
        "still-wanted": question_url(ann),
        "person": reverse("newsletters:person", args=[make_person_token(subscriber_pk=ann.subscriber_id)]),
        "test-link": reverse("newsletters:test-link", args=["en"]),
        "online": reverse("newsletters:online", args=[hub.issue.pk, "en"]),
    }


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(hub: Any, client: Client, method: str) -> None:
    """Scanners open every link of a mail, and run the scripts of its page."""
    ann, bob = hub.subscribe("ann", "bob")
    hub.send()
    before = list(Subscription.objects.order_by("pk").values())
    for one in (ann, bob):
        addresses = public_addresses(hub, one)
        assert set(addresses) == {pattern.name for pattern in urlpatterns}  # a new address belongs in this test
        for address in addresses.values():
            response = getattr(client, method)(f"{address}?List-Unsubscribe=One-Click&saved=1")
            assert response.status_code in {200, 405}
            assert b"<script" not in response.content
    assert list(Subscription.objects.order_by("pk").values()) == before
    assert not ConsentEvent.objects.exists()
    assert Subscriber.objects.count() == 2


def test_personal_pages_are_not_kept_by_caches_nor_told_to_others(hub: Any, ann: Subscription, client: Client) -> None:
    for name, address in public_addresses(hub, ann).items():
        if name in {"online", "test-link"}:
            continue
        response = client.get(address)
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert 'content="noindex"' in response.content.decode()


def test_no_page_of_a_subscriber_runs_scripts_or_loads_from_elsewhere(hub: Any, client: Client) -> None:
    (ann,) = hub.subscribe("ann")
    hub.send()
    for address in public_addresses(hub, ann).values():
        response = client.get(address)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "http" not in policy
        if "style-src 'self'" in policy:  # then nothing may be styled in place
            assert not re.search(r"<style|\sstyle=", response.content.decode())


def test_the_online_issue_is_public_and_has_nothing_personal(hub: Any, client: Client) -> None:
    address = reverse("newsletters:online", args=[hub.issue.pk, "en"])
    assert client.get(address).status_code == 404  # not sent yet
    hub.subscribe("ann")
    hub.send()
    response = client.get(address)
    page = response.content.decode()
    assert "/n/u/" not in page
    assert "/n/p/" not in page
    assert "%%" not in page
    assert "/n/s/letter/en" in page
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    for language in ("fr", "%00", "en%00", "en%20"):
        assert client.get(f"/n/i/{hub.issue.pk}/{language}").status_code == 404


def test_the_addresses_stand_without_a_language_so_that_no_redirect_is_needed() -> None:
    resolver = get_resolver()
    for pattern in urlpatterns:
        assert str(pattern.pattern).startswith("n/")
        assert not str(pattern.pattern).endswith("/")
    assert resolver.resolve("/n/u/x").url_name == "unsubscribe"


def test_who_left_subscribes_again_with_one_button_and_a_mail(ann: Subscription, client: Client, hub: Any) -> None:
    client.post(leave_url(ann))
    assert "a•••@example.org" in client.get(choose_url(ann)).content.decode()
    page = fill_in(client, choose_url(ann), {"do": "again"}, button="Subscribe again").content.decode()
    assert "Check your inbox" in page
    assert "ann@example.org" not in page
    asked = SignUp.objects.get()
    assert (asked.email, asked.theme_set.key, asked.source) == ("ann@example.org", "data", "preferences page")
    assert asked.wording == "Send me the letter each month."
    assert status_of(ann) == Status.ENDED  # nothing changes before it is confirmed
    client.post(confirm_url(asked))
    assert status_of(ann) == Status.ACTIVE


def test_nobody_subscribes_again_who_has_not_left(ann: Subscription, client: Client) -> None:
    client.post(choose_url(ann), {"do": "again"})
    assert not SignUp.objects.exists()


def test_subscribing_again_is_limited_as_signing_up_is(ann: Subscription, client: Client, settings: Any) -> None:
    client.post(leave_url(ann))
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SIGN_UPS_PER_HOUR": 1}
    answers = [client.post(choose_url(ann), {"do": "again"}).status_code for _time in range(2)]
    assert answers == [200, 429]


def test_words_that_changed_are_read_before_one_subscribes_again(ann: Subscription, client: Client) -> None:
    client.post(leave_url(ann))
    page = client.post(choose_url(ann), {"do": "again", "consent_version": "of-last-week"}).content.decode()
    assert "changed while this page was open" in page
    assert not SignUp.objects.exists()
