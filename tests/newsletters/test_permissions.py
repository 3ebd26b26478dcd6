"""Who may do what, at every address under the admin: the list of addresses comes from the URL resolver.

`matrix.txt` has for each address the answers to GET and POST, with one letter for each role: anonymous, somebody with
access to the admin and nothing else, editor, approver, administrator.

    i  is sent to the login      .  has no permission       o  gets an answer
    m  wrong method              0  nothing is there
    -  is not tested: an administrator may do everything on Wagtail's own pages
"""

from __future__ import annotations

import copy
import gc
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse
from wagtail.models import ModelLogEntry, ReferenceIndex

from cms.models import WebhookDelivery, WebhookEndpoint
from newsletters.models import ConsentEvent, Delivery, Dispatch, SignUp, Subscriber, Subscription
from tests.newsletters.admin_addresses import CANARIES, Address, Filled, admin_addresses, fill
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub, rolled_back
from tests.newsletters.test_admin import ROLES as _ROLES

ROLES = ("anonymous", "outsider", "editor", "approver", "administrator")
assert set(ROLES) == set(_ROLES)

# Addresses at which a role sees things that it has a named permission for.
MAY_SEE = {
    "approver": {"newsletters_admin:deliveries", "newsletters_admin:dispatch", "newsletters_admin:uncertain"},
    "administrator": {
        "newsletters_admin:deliveries",
        "newsletters_admin:dispatch",
        "newsletters_admin:change",
        "newsletters_admin:end_subscription",
        "newsletters_admin:erase_subscriber",
        "newsletters_admin:import",
        "newsletters_admin:import_report",
        "newsletters_admin:proof",
        "newsletters_admin:reader",
        "newsletters_admin:restore",
        "newsletters_admin:suppress",
        "newsletters_admin:uncertain",
        "sign_ups:index",
        "sign_ups:index_results",
        "subscriptions:index",
        "webhooks:delivery",
        "webhooks:edit",
        "webhooks:log",
    },
}

OF_PEOPLE = (Subscription, Subscriber, ConsentEvent, Delivery, Dispatch, WebhookEndpoint, WebhookDelivery)


def read_matrix() -> dict[str, tuple[str, str]]:
    """Return the letters for GET and for POST by address."""
    lines = (Path(__file__).parent / "matrix.txt").read_text().splitlines()
    return {route: (get, post) for get, post, route in (line.split(maxsplit=2) for line in lines)}


MATRIX = read_matrix()
WAGTAILS_OWN = {"collections", "documents", "groups", "images", "locales", "redirects", "sites", "users", "workflows"}
PARTS = sorted({each.route.split("/")[1] for each in admin_addresses()})


@pytest.fixture(scope="module")
def filled(built_hub: Hub, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A hub with everything in it, shared by the tests of this module; each test sees it as it was at its start."""
    media = str(tmp_path_factory.mktemp("media"))
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):
            there = fill(copy.deepcopy(built_hub), media=media)
        yield there


@pytest.fixture
def clients(filled: Filled, db: None, settings: Any) -> Iterator[dict[str, Client]]:
    """A browser for each role; an error in a view counts as an answer."""
    warnings.simplefilter("ignore", ResourceWarning)  # Wagtail leaves renditions' files to the garbage collector
    settings.MEDIA_ROOT = filled.media
    found = {role: Client(raise_request_exception=False) for role in ROLES}
    for role in ROLES[1:]:
        found[role].force_login(filled.hub.users[role])
    yield found
    gc.collect()


def ask(client: Client, method: str, address: str) -> Any:
    """Return the answer, and undo what it changed, the browser's cookies too."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response: Any = getattr(client, method)(address)
        response.body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.update(cookies)
    return response


def letter(response: Any) -> str:
    """Return what the role got, as a letter of the matrix."""
    if response.status_code == 302 and response.url.startswith("/admin/login/"):
        return "i"
    if response.status_code == 403 or (response.status_code == 302 and response.url == "/admin/"):
        return "."  # Wagtail shows "you do not have permission" on the front page
    return {404: "0", 405: "m"}.get(response.status_code, "o")


def test_every_address_stands_in_the_matrix() -> None:
    assert list(MATRIX) == [each.route for each in admin_addresses()]


@pytest.mark.parametrize("part", PARTS)
def test_each_role_gets_what_the_matrix_says_and_sees_nothing_more(
    filled: Filled, clients: dict[str, Client], part: str
) -> None:
    seen, leaks = {}, []
    roles = ROLES[:-1] if part in WAGTAILS_OWN else ROLES
    addresses = [each for each in admin_addresses() if each.route.split("/")[1] == part]
    for address in addresses:
        letters = []
        for method in ("get", "post"):
            answers = {role: ask(clients[role], method, filled.path(address)) for role in roles}
            letters.append("".join(letter(answers[role]) for role in roles).ljust(len(ROLES), "-"))
            leaks += [(address.name, method, role) for role, answer in answers.items() if shows(answer, address, role)]
        seen[address.route] = tuple(letters)
    assert leaks == []
    assert seen == {address.route: MATRIX[address.route] for address in addresses}


def shows(answer: Any, address: Address, role: str) -> bool:
    """Say whether the answer holds a canary that is not for this role."""
    return address.name not in MAY_SEE.get(role, ()) and any(word.encode() in answer.body for word in CANARIES)


def test_no_list_is_exported_and_no_search_finds_a_subscriber(filled: Filled, clients: dict[str, Client]) -> None:
    for address in admin_addresses():
        if address.takes and not address.name.startswith(("webhooks:log", "newsletters_admin:deliveries")):
            continue
        for query in ("?export=csv", "?export=xlsx", "?q=canary&p=1"):
            for role in ("outsider", "editor", *(["administrator"] if is_ours(address) else [])):
                answer = ask(clients[role], "get", filled.path(address) + query)
                assert not shows(answer, address, role), (address.name, query, role)
                is_file = answer.headers.get("Content-Type", "").startswith(("text/csv", "application/vnd"))
                assert not (is_file and is_ours(address)), (address.name, query, role)


def is_ours(address: Address) -> bool:
    """Say whether it lists rows of our tables."""
    return "hub_" in address.name or address.name.startswith(("subscriptions", "webhooks", "newsletters_admin"))


def test_no_address_that_takes_the_name_of_a_model_shows_ours(filled: Filled, clients: dict[str, Client]) -> None:
    takes_model = [each for each in admin_addresses() if {"model_name", "app_name"} & {*each.takes}]
    assert len(takes_model) >= 8
    for address in takes_model:
        for model in OF_PEOPLE:
            kind = ContentType.objects.get_for_model(model)
            first = kind.get_all_objects_for_this_type().order_by("pk").values_list("pk", flat=True).first() or 1
            names = {"app_label": kind.app_label, "app_name": kind.app_label}
            names |= {"model_name": kind.model, "pk": str(first), "object_id": str(first)}
            chosen = {name: names.get(name, filled.arguments.get(name)) for name in address.takes}
            path = reverse(address.name, kwargs=chosen)
            for role in ("outsider", "editor"):
                for method in ("get", "post"):
                    answer = ask(clients[role], method, f"{path}?id={first}")
                    assert not any(word.encode() in answer.body for word in CANARIES), (path, role)


def test_what_refers_to_a_newsletter_or_a_language_names_no_subscriber(filled: Filled, db: None) -> None:
    filled.subscription.save()  # Wagtail notes references when something is saved
    references = ReferenceIndex.objects.filter(content_type__model__in=["subscription", "subscriber", "delivery"])
    assert not references.exists()


def test_the_audit_log_names_no_subscriber(filled: Filled, db: None) -> None:
    for entry in ModelLogEntry.objects.all():
        assert "canary" not in f"{entry.label} {entry.data}"


def test_whoever_may_only_invite_is_shown_nobody(filled: Filled, db: None) -> None:
    client = client_of(filled.hub, "outsider", "add_subscription")
    invited = reverse("subscriptions:add")
    assert "canary" not in client.get(invited).content.decode()
    reader = reverse("newsletters_admin:reader", args=[filled.subscription.subscriber_id])
    for seen in (reverse("subscriptions:index"), reader):
        assert letter(client.get(seen)) == "."
    form = {
        "email": "new@example.org",
        "newsletter": filled.hub.newsletter.pk,
        "language": filled.hub.locales["en"].pk,
        "themes": [filled.hub.themes["data"].pk],
        "basis": "relation",
        "ground": "asked at a meeting",
    }
    assert client.post(invited, form)["Location"] == invited
    assert SignUp.objects.filter(email="new@example.org").exists()


def test_a_right_to_see_readers_opens_the_deliveries_to_an_editor(filled: Filled, db: None) -> None:
    deliveries = reverse("newsletters_admin:deliveries", args=[filled.dispatch.pk])
    sending = reverse("newsletters_admin:dispatch", args=[filled.dispatch.pk])
    editor = client_of(filled.hub, "editor")
    page = editor.get(sending).content.decode()
    assert deliveries not in page
    assert "550 5.7.1 …" in page
    assert letter(editor.get(deliveries)) == "."
    reader = client_of(filled.hub, "editor", "view_subscription")
    assert "canary-ann@example.org" in reader.get(deliveries).content.decode()
    assert deliveries in reader.get(sending).content.decode()
