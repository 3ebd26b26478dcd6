"""People with an authenticator app log in with its code; the setting is on in these tests, off by default."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from cms.models import HomePage
from tests.cms.project.test_settings import manage
from tests.parts import attribute, element

ACCOUNT = "/admin/account/"


@pytest.fixture
def ada(db: None) -> Any:
    fields = {"first_name": "Ada", "last_name": "L."}
    return get_user_model().objects.create_superuser("ada", "ada@hub.test", "right", **fields)


@pytest.fixture
def client(ada: Any) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def code_of(key: bytes, *, steps: int = 0) -> str:
    totp = TOTP(key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def log_in(code: str | None = None, *, password: str = "right", address: str = "/admin/login/") -> bool:  # noqa: S107
    client = Client()
    sent = {"username": "ada", "password": password} | ({"code": code} if code is not None else {})
    client.post(address, sent)
    return "_auth_user_id" in client.session


def account_form(client: Client) -> tuple[dict[str, str], bytes]:
    """Return what the account page's form would send, and the app's key as the page shows it for typing."""
    page = BeautifulSoup(client.get(ACCOUNT).content, "html.parser")
    form = {
        attribute(field, "name"): str(field.get("value", ""))
        for field in element(page, "main").find_all(["input", "select"])
        if field.get("name") and field.get("type") not in {"file", "checkbox"}
    }
    for select in page.select("main select:has(option[selected])"):
        form[attribute(select, "name")] = str(element(select, "option[selected]").get("value", ""))
    form = {name: value for name, value in form.items() if not name.startswith("password")}
    typed = page.select_one("main code")
    return form, base64.b32decode(typed.get_text().replace(" ", "")) if typed else b""


def set_up(client: Client) -> bytes:
    form, key = account_form(client)
    assert client.post(ACCOUNT, form | {"two_factor-code": code_of(key)}).status_code == 302
    return key


def test_without_an_app_the_password_alone_lets_in(ada: Any) -> None:
    assert log_in()
    assert log_in("")
    assert log_in("123456")


def test_with_an_app_its_code_is_asked_for_wherever_one_logs_in(ada: Any, client: Client, home_en: HomePage) -> None:
    key = set_up(client)
    for address in ("/admin/login/", "/en/_util/login/"):
        for code in (None, "", "000000", "abc", "½½½½½½", "1" * 5000):
            assert not log_in(code, address=address)
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    call_command("axes_reset")
    assert not log_in(code_of(key, steps=1), password="wrong")
    assert log_in(code_of(key, steps=1))


def test_each_code_counts_once(ada: Any, client: Client) -> None:
    key = set_up(client)
    assert not log_in(code_of(key))  # it set up the app
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    code = code_of(key, steps=1)
    assert (log_in(f"{code[:3]} {code[3:]}"), log_in(code)) == (True, False)


def test_the_login_does_not_say_whether_the_password_was_right(ada: Any, client: Client) -> None:
    set_up(client)
    said = set()
    for password in ("right", "wrong"):
        page = Client().post("/admin/login/", {"username": "ada", "password": password, "code": "000000"})
        said.add(element(BeautifulSoup(page.content, "html.parser"), ".error").get_text())
    assert len(said) == 1


def test_a_wrong_code_sets_up_nothing_and_says_so(ada: Any, client: Client) -> None:
    form, key = account_form(client)
    answer = client.post(ACCOUNT, form | {"two_factor-code": code_of(key, steps=50)})
    assert "This is not the code that the app shows now." in answer.content.decode()
    for secret in ("", "nonsense", form["two_factor-secret"][:-1] + "x"):
        answer = client.post(ACCOUNT, form | {"two_factor-code": code_of(key), "two_factor-secret": secret})
        assert answer.status_code == 200
    assert not TOTPDevice.objects.exists()


def test_a_key_of_somebody_elses_page_sets_up_nothing(ada: Any, client: Client) -> None:
    eve = get_user_model().objects.create_superuser("eve", "eve@hub.test", "x")
    other = Client()
    other.force_login(eve)
    theirs, key = account_form(other)
    form, _mine = account_form(client)
    form |= {"two_factor-code": code_of(key), "two_factor-secret": theirs["two_factor-secret"]}
    assert client.post(ACCOUNT, form).status_code == 200
    assert not TOTPDevice.objects.exists()


def test_looking_and_saving_other_settings_change_nothing(ada: Any, client: Client) -> None:
    form, _key = account_form(client)
    assert client.post(ACCOUNT, form | {"name_email-first_name": "Augusta"}).status_code == 302
    assert not TOTPDevice.objects.exists()
    set_up(client)
    form, nothing = account_form(client)
    assert client.post(ACCOUNT, form).status_code == 302
    assert (TOTPDevice.objects.count(), nothing) == (1, b"")


def test_giving_up_the_app_takes_a_code(ada: Any, client: Client) -> None:
    key = set_up(client)
    form, _nothing = account_form(client)
    client.post(ACCOUNT, form | {"two_factor-code": "000000"})
    assert TOTPDevice.objects.exists()
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    client.post(ACCOUNT, form | {"two_factor-code": code_of(key, steps=1)})
    assert not TOTPDevice.objects.exists()
    assert log_in()


def test_an_operator_lets_in_who_lost_the_phone(ada: Any, client: Client) -> None:
    set_up(client)
    call_command("remove_second_factor", "ada")
    assert log_in()
    with pytest.raises(CommandError, match="no authenticator app"):
        call_command("remove_second_factor", "ada")


def test_off_by_default_nothing_of_it_is_there() -> None:
    code = (
        "from django.conf import settings; from django.apps import apps; "
        "print(settings.TWO_FACTOR, apps.is_installed('django_otp'), settings.AUTHENTICATION_BACKENDS[-1])"
    )
    done = manage("shell", "--no-imports", "-c", code)
    assert done.stdout.split()[-3:] == ["False", "False", "django.contrib.auth.backends.ModelBackend"]


def test_the_login_asks_for_the_code_where_people_find_it(db: None) -> None:
    page = BeautifulSoup(Client().get(reverse("wagtailadmin_login")).content, "html.parser")
    field = element(page, "input[name=code]")
    assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
    assert (
        element(page, f"label[for={field['id']}]").get_text(strip=True).startswith("Code from your authenticator app")
    )
