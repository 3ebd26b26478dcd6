"""The pages for staff: who may do what, the secret shown once, no change on GET, no forbidden address."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from cms.models import WebhookDelivery, WebhookEndpoint
from cms.webhooks.signing import secret_of
from cms.webhooks.viewset import WebhookViewSet
from tests.cms.webhooks.conftest import waiting

ROLES: dict[str, tuple[str, ...]] = {
    "outsider": (),
    "viewer": ("view",),
    "adder": ("add",),
    "manager": ("view", "add", "change", "delete"),
}
IN, AWAY = "in", "away"


def row(viewer: Any, adder: Any, manager: Any) -> dict[str, Any]:
    return {"anonymous": IN, "outsider": AWAY, "viewer": viewer, "adder": adder, "manager": manager}


MATRIX: dict[str, dict[str, Any]] = {
    "index": row(200, 200, 200),
    "index_results": row(200, 200, 200),
    "add": row(AWAY, 200, 200),
    "edit": row(AWAY, AWAY, 200),
    "delete": row(AWAY, AWAY, 200),
    "history": row(AWAY, 200, 200),
    "history_results": row(AWAY, 200, 200),
    "usage": row(AWAY, AWAY, 200),
    "log": row(200, AWAY, 200),
    "log_results": row(200, AWAY, 200),
    "delivery": row(200, AWAY, 200),
    "send_again": row(AWAY, AWAY, 302),
    "test": row(AWAY, AWAY, 302),
    "switch": row(AWAY, AWAY, 302),
    "rotate": row(AWAY, AWAY, 200),
    "secret": row(AWAY, 200, 200),
}
POST_ONLY = {"send_again", "test", "switch"}
CHANGING = {*POST_ONLY, "rotate", "secret", "delete"}


@pytest.fixture
def delivery(endpoint: WebhookEndpoint) -> WebhookDelivery:
    return waiting(endpoint, state="failed", next_try_at=None, attempts=10, trouble="too_slow")


@pytest.fixture
def manager(db: None) -> Client:
    return client_of("manager")


def client_of(role: str) -> Client:
    client = Client()
    if role != "anonymous":
        user, created = get_user_model().objects.get_or_create(username=role)
        if created:
            names = ["access_admin", *(f"{verb}_webhookendpoint" for verb in ROLES[role])]
            user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
    return client


def address(name: str, delivery: WebhookDelivery) -> str:
    keys = {"index": [], "index_results": [], "add": [], "delivery": [delivery.pk], "send_again": [delivery.pk]}
    return reverse(f"webhooks:{name}", args=keys.get(name, [delivery.endpoint_id]))


def outcome(response: Any) -> Any:
    if response.status_code == 302 and response.url.startswith("/admin/login/"):
        return IN
    return AWAY if response.status_code == 302 and response.url == "/admin/" else response.status_code


def snapshot() -> list[Any]:
    return [
        *WebhookEndpoint.objects.order_by("pk").values_list(),
        *WebhookDelivery.objects.order_by("pk").values_list(),
    ]


def test_every_address_stands_in_the_matrix() -> None:
    assert {pattern.name for pattern in WebhookViewSet().get_urlpatterns()} == set(MATRIX)


@pytest.mark.parametrize("name", MATRIX)
def test_each_role_may_do_what_the_matrix_says(delivery: WebhookDelivery, name: str) -> None:
    for role, expected in MATRIX[name].items():
        before, client = snapshot(), client_of(role)
        ask = client.post if name in POST_ONLY else client.get
        assert outcome(ask(address(name, delivery))) == expected, role
        if expected in {IN, AWAY} or name not in POST_ONLY:
            assert snapshot() == before, role


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_who_may_not_look_cannot_change_by_posting(delivery: WebhookDelivery, name: str) -> None:
    before = snapshot()
    for role in ("anonymous", "outsider", "viewer"):
        assert outcome(client_of(role).post(address(name, delivery))) in {IN, AWAY}
    assert snapshot() == before


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_what_changes_something_is_refused_on_get(delivery: WebhookDelivery, manager: Client, name: str) -> None:
    assert manager.get(address(name, delivery)).status_code == 405


@pytest.mark.parametrize("name", sorted({*CHANGING, "add", "edit"}))
def test_what_changes_something_asks_for_a_csrf_token(delivery: WebhookDelivery, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client_of("manager")  # makes the user
    client.force_login(get_user_model().objects.get(username="manager"))
    assert client.post(address(name, delivery)).status_code == 403


def test_the_menu_shows_webhooks_to_who_may_see_them(db: None) -> None:
    link = 'href="/admin/webhooks/"'.replace('href="', '"url": "').rstrip('"')
    assert link in client_of("viewer").get("/admin/").content.decode()
    assert link not in client_of("outsider").get("/admin/").content.decode()


def create(client: Client, **changed: Any) -> Any:
    from wagtail.models import Site

    fields = {
        "url": "https://web.example/hook",
        "note": "The website",
        "site": Site.objects.get(is_default_site=True).pk,
        "events": ["page.published"],
    }
    return client.post("/admin/webhooks/new/", fields | changed)


def test_a_new_webhook_leads_to_its_secret_which_is_shown_once(manager: Client, site: Any) -> None:
    response = create(manager)
    endpoint = WebhookEndpoint.objects.get()
    page = f"/admin/webhooks/secret/{endpoint.pk}/"
    secret = secret_of(endpoint.seed)
    assert response["Location"] == page
    assert secret not in manager.get(page).content.decode()  # looking alone uses nothing up

    shown = manager.post(page)
    assert secret in shown.content.decode().replace("&#x2B;", "+").replace("&#x3D;", "=")
    assert "no-store" in shown.headers["Cache-Control"]
    for again in (manager.post(page), manager.get(page), client_of("adder").post(page)):
        assert "whsec_" not in again.content.decode()
        assert "already been shown" in again.content.decode()
    entry = ModelLogEntry.objects.get(action="hub_cms.webhook.secret_shown")
    assert (entry.user.username, entry.object_id) == ("manager", str(endpoint.pk))


def test_no_other_page_shows_the_secret_or_its_seed(delivery: WebhookDelivery, manager: Client) -> None:
    endpoint = delivery.endpoint
    endpoint.rotate(now=delivery.created_at)
    words = [endpoint.seed, endpoint.old_seed, "whsec_"]
    for name in set(MATRIX) - POST_ONLY:
        text = manager.get(address(name, delivery)).content.decode()
        assert not [word for word in words if word in text], name


def test_a_new_secret_is_made_by_the_button_and_not_by_looking(endpoint: WebhookEndpoint, manager: Client) -> None:
    page, seed = f"/admin/webhooks/rotate/{endpoint.pk}/", endpoint.seed
    assert "for 24 hours" in manager.get(page).content.decode()
    endpoint.refresh_from_db()
    assert endpoint.seed == seed
    assert manager.post(page)["Location"] == f"/admin/webhooks/secret/{endpoint.pk}/"
    endpoint.refresh_from_db()
    assert (endpoint.old_seed, endpoint.secret_shown_at) == (seed, None)
    assert endpoint.seed != seed
    assert ModelLogEntry.objects.filter(action="hub_cms.webhook.secret_rotated").count() == 1


BAD_TARGETS = (
    *(
        "",
        "web.example",
        "ftp://web.example/",
        "http://web.example/",
        "javascript:alert(1)",
        "https://",
        "https://[::1",
    ),
    *(
        "https://web.example:99999/",
        "https://user:word@web.example/",
        "https://web.example/#part",
        "https://a b.example/",
    ),
    *("https://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fec0::1]/"),
    *("https://169.254.169.254/latest/", "https://localhost/", "https://db.localhost/", "https://LOCALHOST./"),
)


@pytest.mark.parametrize("url", BAD_TARGETS)
def test_an_address_that_may_not_be_sent_to_is_refused_with_words(manager: Client, site: Any, url: str) -> None:
    response = create(manager, url=url)
    assert response.status_code == 200
    assert "could not be created due to errors" in response.content.decode()
    assert response.context["form"].errors["url"]
    assert not WebhookEndpoint.objects.exists()


@pytest.mark.parametrize(
    "url", ["https://web.example/hook?for=hub", "https://web.example:8443/", "https://[2606:4700::1111]/"]
)
def test_an_address_that_may_be_sent_to_is_kept(manager: Client, site: Any, url: str) -> None:
    assert create(manager, url=url).status_code == 302
    assert WebhookEndpoint.objects.get().url == url


def test_with_the_setting_http_and_private_addresses_are_kept(manager: Client, site: Any, settings: Any) -> None:
    settings.HUB_WEBHOOKS = {"ALLOW_PRIVATE": True}
    assert create(manager, url="http://127.0.0.1:8000/hook").status_code == 302


def test_a_webhook_hears_at_least_one_event_and_only_such_as_there_are(manager: Client, site: Any) -> None:
    for events in ([], ["page.invented"], ["ping"]):
        assert create(manager, events=events).context["form"].errors["events"]
    assert not WebhookEndpoint.objects.exists()


def test_editing_changes_neither_state_nor_secret(endpoint: WebhookEndpoint, manager: Client) -> None:
    endpoint.switch_off(reason=WebhookEndpoint.Off.GONE)
    fields = {"url": "https://new.example/", "note": "", "site": endpoint.site_id, "events": ["page.deleted"]}
    extra = {"is_active": "on", "seed": "known", "off_reason": ""}
    response = manager.post(f"/admin/webhooks/edit/{endpoint.pk}/", fields | extra)
    assert response["Location"] == f"/admin/webhooks/log/{endpoint.pk}/"
    seed = endpoint.seed
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.events) == ("https://new.example/", ["page.deleted"])
    assert (endpoint.is_active, endpoint.off_reason, endpoint.seed) == (False, "gone", seed)


def test_sending_again_twice_starts_it_once(
    delivery: WebhookDelivery, manager: Client, django_capture_on_commit_callbacks: Any
) -> None:
    page = address("send_again", delivery)
    with django_capture_on_commit_callbacks() as callbacks:
        texts = [manager.post(page, follow=True).content.decode() for _ in range(2)]
    assert "is being sent again" in texts[0]
    assert "already on its way" in texts[1]
    assert len(callbacks) == 1
    delivery.refresh_from_db()
    assert delivery.state == "waiting"


def test_a_test_message_goes_to_who_chose_nothing(
    make_endpoint: Any, manager: Client, django_capture_on_commit_callbacks: Any
) -> None:
    endpoint = make_endpoint(events=["issue.sent"])
    with django_capture_on_commit_callbacks() as callbacks:
        response = manager.post(f"/admin/webhooks/test/{endpoint.pk}/")
    ping = WebhookDelivery.objects.get()
    assert (ping.event, ping.state, ping.endpoint) == ("ping", "waiting", endpoint)
    assert response["Location"] == f"/admin/webhooks/delivery/{ping.pk}/"
    assert len(callbacks) == 1


def test_a_switched_off_webhook_is_sent_nothing_until_it_is_on(delivery: WebhookDelivery, manager: Client) -> None:
    endpoint = delivery.endpoint
    manager.post(f"/admin/webhooks/switch/{endpoint.pk}/", {"to": "off"})
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (False, "by_hand")
    before = WebhookDelivery.objects.count()
    for name in ("test", "send_again"):
        text = manager.post(address(name, delivery), follow=True).content.decode()
        assert "Switch it on first" in text
    delivery.refresh_from_db()
    assert (WebhookDelivery.objects.count(), delivery.state) == (before, "failed")
    assert "Switched off by hand" in manager.get(address("log", delivery)).content.decode()
    manager.post(f"/admin/webhooks/switch/{endpoint.pk}/", {"to": "on"})
    endpoint.refresh_from_db()
    assert (endpoint.is_active, endpoint.off_reason) == (True, "")


def test_the_log_says_what_became_of_each_message(endpoint: WebhookEndpoint, manager: Client) -> None:
    body = '{"type":"page.published","data":{"page":{"id":7,"title":"Fish & <chips>"}}}'
    waiting(endpoint, event="page.published", body=body, attempts=3, status_code=503, trouble="refused")
    waiting(endpoint, state="failed", next_try_at=None, attempts=10, trouble="unreachable")
    text = manager.get(f"/admin/webhooks/log/{endpoint.pk}/").content.decode()
    cells = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert "page.published Fish &amp; &lt;chips&gt; Waiting 3 503" in cells
    assert "Failed 10 No connection to the receiver" in cells
    assert "<chips>" not in text
    only = manager.get(f"/admin/webhooks/log/{endpoint.pk}/?state=failed").content.decode()
    assert "chips" not in only


def test_what_a_receiver_answers_is_text_and_nothing_more(delivery: WebhookDelivery, manager: Client) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(answer="<script>alert(1)</script>", status_code=500)
    text = manager.get(address("delivery", delivery)).content.decode()
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_empty_lists_say_what_to_do(site: Any, manager: Client, make_endpoint: Any) -> None:
    assert "Add the first webhook" in manager.get("/admin/webhooks/").content.decode()
    assert "Add the first webhook" not in client_of("viewer").get("/admin/webhooks/").content.decode()
    endpoint = make_endpoint()
    assert "Nothing has been sent yet" in manager.get(f"/admin/webhooks/log/{endpoint.pk}/").content.decode()


@pytest.mark.parametrize("name", sorted(set(MATRIX) - {"index", "index_results", "add"}))
def test_what_is_gone_is_not_found(manager: Client, site: Any, name: str) -> None:
    page = reverse(f"webhooks:{name}", args=[999])
    response = manager.post(page) if name in POST_ONLY else manager.get(page)
    assert response.status_code == 404


def test_deleting_a_webhook_deletes_its_log(delivery: WebhookDelivery, manager: Client) -> None:
    assert manager.post(address("delete", delivery)).status_code == 302
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookDelivery.objects.exists()
