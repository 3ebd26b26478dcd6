"""Wrong passwords lock an account or an address for a while, and a stranger can lock nobody out."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import default_token_generator
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from wagtail.models import Collection, CollectionViewRestriction, PageViewRestriction

from cms.models import HomePage
from cms.project.clients import client_address
from cms.project.logins import forget_logins
from tests.parts import attribute, element

HERE, THERE, OFFICE = "192.0.2.1", "198.51.100.7", "203.0.113.5"
LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def few_tries(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 3


@pytest.fixture
def ada(db: None) -> Any:
    return get_user_model().objects.create_superuser("ada", "ada@hub.test", "right")


def log_in(name: str, password: str, *, address: str = HERE, **headers: str) -> Any:
    return Client(REMOTE_ADDR=address, headers=headers).post(LOGIN, {"username": name, "password": password})


def fail(name: str, *, times: int, address: str = HERE) -> list[int]:
    return [log_in(name, f"wrong {number}", address=address).status_code for number in range(times)]


def is_in(response: Any) -> bool:
    return response.status_code == 302 and response.url == "/admin/"


def later(**passed: float) -> None:
    """Let time pass for the recorded attempts."""
    for model in (AccessAttempt, AccessLog):
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(attempt_time=row.attempt_time - timedelta(**passed))


def test_after_some_wrong_passwords_the_right_one_is_refused_too(ada: Any) -> None:
    assert fail("ada", times=3) == [200, 200, 429]
    refused = log_in("ada", "right")
    assert (refused.status_code, refused["Retry-After"]) == (429, "900")


def test_an_account_is_braked_from_whichever_address_it_is_tried(ada: Any) -> None:
    answers = [fail("ada", times=1, address=f"192.0.2.{number}")[0] for number in range(4)]
    assert answers == [200, 200, 429, 429]
    assert not is_in(log_in("ada", "right", address=THERE))


def test_an_address_is_braked_whichever_account_it_tries(ada: Any) -> None:
    assert [fail(name, times=1)[0] for name in ("a", "b", "c", "d")] == [200, 200, 429, 429]
    assert not is_in(log_in("ada", "right"))
    assert is_in(log_in("ada", "right", address=THERE))


def test_one_right_password_does_not_make_up_for_guesses_at_others(ada: Any) -> None:
    get_user_model().objects.create_user("eve", password="own")
    log_in("eve", "own")
    fail("ada", times=2)
    log_in("eve", "own")
    assert fail("ada", times=1) == [429]


def test_it_is_over_after_a_while_even_if_the_guesser_goes_on(ada: Any) -> None:
    fail("ada", times=3)
    later(minutes=14)
    assert fail("ada", times=3) == [429] * 3
    later(minutes=2)
    assert is_in(log_in("ada", "right"))


def test_a_stranger_keeps_nobody_out_who_came_in_from_there_before(ada: Any) -> None:
    assert is_in(log_in("ada", "right", address=OFFICE))
    fail("ada", times=5, address=THERE)
    fail("somebody", times=5, address=OFFICE)
    assert is_in(log_in("ada", "right", address=OFFICE))
    assert fail("ada", times=3, address=OFFICE) == [200, 200, 429]


def test_an_address_is_known_for_a_month(ada: Any) -> None:
    log_in("ada", "right", address=OFFICE)
    later(days=31)
    fail("ada", times=5, address=THERE)
    assert not is_in(log_in("ada", "right", address=OFFICE))


def test_a_new_password_lets_in_who_was_locked_out(ada: Any) -> None:
    fail("ada", times=5, address=THERE)
    client = Client(REMOTE_ADDR=HERE)
    uid, token = urlsafe_base64_encode(force_bytes(ada.pk)), default_token_generator.make_token(ada)
    form = client.get(reverse("wagtailadmin_password_reset_confirm", args=[uid, token]))
    chosen = {"new_password1": "a-Much-Better-1", "new_password2": "a-Much-Better-1"}
    assert client.post(form["Location"], chosen).status_code == 302
    fail("ada", times=5, address=THERE)
    assert is_in(log_in("ada", "a-Much-Better-1", address=HERE))


def test_whoever_is_locked_out_can_ask_for_a_new_password_from_there(ada: Any, mailoutbox: Any) -> None:
    fail("ada", times=5)
    client = Client(REMOTE_ADDR=HERE)
    assert client.post(reverse("wagtailadmin_password_reset"), {"email": "ada@hub.test"}).status_code == 302
    (mail,) = mailoutbox
    form = client.get(re.findall(r"http://[^/]+(/admin/password_reset/\S+)", mail.body)[0])
    chosen = {"new_password1": "a-Much-Better-1", "new_password2": "a-Much-Better-1"}
    assert client.post(form["Location"], chosen).status_code == 302
    assert is_in(log_in("ada", "a-Much-Better-1"))


def test_an_operator_lets_in_an_account_or_an_address(ada: Any, capsys: Any) -> None:
    fail("ada", times=3)
    call_command("axes_reset_username", "ada")
    assert is_in(log_in("ada", "right"))
    fail("x", times=3, address=THERE)
    call_command("axes_reset_ip", THERE)
    assert is_in(log_in("ada", "right", address=THERE))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Please try again later", "15 minutes", "Choose a new password"]),
        ("nl", ["Probeer het later opnieuw", "15 minuten", "Kies een nieuw wachtwoord"]),
    ],
)
def test_the_locked_out_read_why_and_what_they_can_do(ada: Any, language: str, words: list[str]) -> None:
    fail("ada", times=3)
    refused = log_in("ada", "right", **{"Accept-Language": language})
    page = BeautifulSoup(refused.content, "html.parser")
    assert all(word in page.get_text() for word in words)
    assert attribute(element(page, "html"), "lang").startswith(language)
    assert element(page, "body")["class"] == ["login"]  # in the look of Wagtail's login
    assert page.find("a", href=reverse("wagtailadmin_password_reset"))
    assert "ada" not in element(page, "main").get_text()


def test_the_login_of_the_website_is_braked_as_well(ada: Any, home_en: HomePage) -> None:
    for _time in range(3):
        Client().post("/en/_util/login/", {"username": "ada", "password": "wrong"})
    refused = Client().post("/en/_util/login/", {"username": "ada", "password": "right"})
    assert refused.status_code == 429
    assert "cms/page.css" in refused.content.decode()


def test_asking_for_a_new_password_is_braked_by_mailbox_and_by_address(ada: Any, mailoutbox: Any) -> None:
    address = reverse("wagtailadmin_password_reset")
    answers = [
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(address, {"email": " ADA@hub.test"[number % 2 :]}).status_code
        for number in range(5)
    ]
    assert answers == [302, 302, 429, 429, 429]
    assert len(mailoutbox) <= 3
    several = [
        Client(REMOTE_ADDR=THERE).post(address, {"email": f"{number}@hub.test"}).status_code for number in range(4)
    ]
    assert several == [302, 302, 302, 429]


def test_the_password_of_a_page_or_a_collection_cannot_be_guessed(home_en: HomePage) -> None:
    page = PageViewRestriction.objects.create(page=home_en, restriction_type="password", password="sesame")
    collection = Collection.get_first_root_node().add_child(name="Private")
    files = CollectionViewRestriction.objects.create(
        collection=collection, restriction_type="password", password="sesame"
    )
    forms = [
        reverse("wagtailcore_authenticate_with_password", args=[page.pk, home_en.pk]),
        reverse("wagtaildocs_authenticate_with_password", args=[files.pk]),
    ]
    for number, form in enumerate(forms):
        guesser, reader = Client(REMOTE_ADDR=f"192.0.2.{number}"), Client(REMOTE_ADDR=f"198.51.100.{number}")
        guesses = [guesser.post(form, {"password": "wrong", "return_url": "/"}).status_code for _time in range(4)]
        assert guesses == [200, 200, 429, 429]
        right = {"password": "sesame", "return_url": "/"}
        assert guesser.post(form, right).status_code == 429
        assert [reader.post(form, right).status_code for _time in range(5)] == [302] * 5


def test_other_pages_go_on_for_the_locked_out(ada: Any, home_en: HomePage) -> None:
    fail("ada", times=4)
    client = Client(REMOTE_ADDR=HERE)
    assert [client.get(path).status_code for path in (LOGIN, "/api/v1/site", "/en/")] == [200, 200, 200]


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "counted"),
    [
        (0, HERE, "", HERE),
        (0, HERE, THERE, HERE),  # anybody can write the header
        (1, "127.0.0.1", THERE, THERE),
        (1, "127.0.0.1", f"{HERE}, {THERE}", THERE),  # anything before the proxy's own entry cannot be trusted
        (2, "127.0.0.1", f"{OFFICE}, {HERE}, {THERE}", HERE),
        (1, HERE, "", HERE),
        (1, "127.0.0.1", f"{THERE}:4711", THERE),
        (1, "127.0.0.1", "[2001:db8::7]:4711", "2001:db8::"),
        (1, "127.0.0.1", "nonsense", None),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),  # one customer's network
        (0, "::ffff:192.0.2.1", "", HERE),
        (0, "fe80::1%eth0", "", "fe80::"),
        (0, "", "", None),  # a socket of the machine itself
    ],
)
def test_who_asks_is_told_by_one_rule(
    settings: Any, proxies: int, peer: str, forwarded: str, counted: str | None
) -> None:
    settings.NINJA_NUM_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert client_address(request) == counted


def test_behind_a_proxy_the_clients_are_told_apart(ada: Any, settings: Any) -> None:
    settings.NINJA_NUM_PROXIES = 1
    headers = {"X-Forwarded-For": f"{OFFICE}, {THERE}"}
    for name in ("a", "b", "c"):
        log_in(name, "wrong", address="127.0.0.1", **headers)
    assert not is_in(log_in("ada", "right", address="127.0.0.1", **headers))
    assert is_in(log_in("ada", "right", address="127.0.0.1", **{"X-Forwarded-For": OFFICE}))


@pytest.mark.parametrize("name", ["", "x" * 5000, "\0", "a\r\nb", "😀" * 200, "page 1"])
def test_odd_names_are_answered_as_any_wrong_one(ada: Any, name: str) -> None:
    assert set(fail(name, times=2)) <= {200, 429}


def test_no_password_is_kept_or_logged(ada: Any, caplog: Any) -> None:
    fail("ada", times=4)
    kept = [f"{row.get_data} {row.post_data}" for row in AccessAttempt.objects.all()]
    assert "wrong" not in " ".join(kept) + caplog.text


def test_logins_are_forgotten_in_time(ada: Any) -> None:
    log_in("ada", "right")
    fail("bob", times=1)
    forget_logins()
    assert (AccessLog.objects.count(), AccessAttempt.objects.count()) == (1, 1)
    later(days=91)
    forget_logins()
    assert (AccessLog.objects.count(), AccessAttempt.objects.count()) == (0, 0)
    assert timezone.now()
