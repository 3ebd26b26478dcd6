"""API keys in the admin: shown once, stored as a digest, with no more rights than the person has who gives them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.api_keys.make_key import make_key
from newsletters.audience.api_keys.revoke_key import revoke_key
from newsletters.exceptions import NotAllowed
from newsletters.models import ApiKey
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

KEY = re.compile(r"hub_[\w-]{43}")
RIGHTS = ("may_add", "may_read", "may_end")


@pytest.fixture
def staff(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def fields(hub: Hub, *rights: str, name: str = "CRM") -> dict[str, Any]:
    return {"name": name, "newsletters": [hub.newsletter.pk], **dict.fromkeys(rights, "on")}


def add(client: Client, hub: Hub, *rights: str) -> Any:
    return client.post(reverse("api_keys:add"), fields(hub, *rights))


def shown(answer: Any) -> list[str]:
    return KEY.findall(answer.content.decode())


def test_a_key_is_shown_once_and_kept_as_a_digest(hub: Hub, staff: Client) -> None:
    page = add(staff, hub, *RIGHTS)["Location"]
    row = ApiKey.objects.get()
    assert page == reverse("api_keys:make", args=[row.pk])
    assert shown(staff.get(page)) == []  # looking makes nothing
    assert ApiKey.objects.get().digest is None
    answer = staff.post(page)
    (key,) = shown(answer)
    assert "no-store" in answer["Cache-Control"]
    assert key not in str(ApiKey.objects.values().get())
    assert ApiKey.objects.of(key) == row
    for name in ("make", "edit", "revoke"):
        assert shown(staff.get(reverse(f"api_keys:{name}", args=[row.pk]))) == []
    assert "Valid" in staff.get(reverse("api_keys:index")).content.decode()
    entry = ModelLogEntry.objects.get(action="hub_newsletters.make_key")
    assert (entry.user, key in str(entry.data)) == (hub.users["administrator"], False)


@pytest.mark.parametrize("name", ["make", "revoke"])
def test_the_pages_of_a_key_lead_to_the_list_of_keys(hub: Hub, staff: Client, name: str) -> None:
    add(staff, hub, *RIGHTS)
    page = staff.get(reverse(f"api_keys:{name}", args=[ApiKey.objects.get().pk]))
    assert [crumb["url"] for crumb in page.context["breadcrumbs_items"]][1:] == [reverse("api_keys:index"), ""]


def test_a_new_key_replaces_the_old_one_and_a_revoked_one_stays_so(hub: Hub, staff: Client) -> None:
    page = add(staff, hub, "may_read")["Location"]
    old, new = shown(staff.post(page))[0], shown(staff.post(page))[0]
    row = ApiKey.objects.get()
    assert (ApiKey.objects.of(old), ApiKey.objects.of(new)) == (None, row)
    revoke = reverse("api_keys:revoke", args=[row.pk])
    staff.get(revoke)
    assert ApiKey.objects.of(new) == row
    for _click in range(2):
        assert "works no more" in staff.post(revoke, follow=True).content.decode()
    assert ApiKey.objects.of(new) is None
    assert shown(staff.post(page)) == []
    assert "was revoked" in staff.get(page).content.decode()
    assert ModelLogEntry.objects.filter(action="hub_newsletters.revoke_key").count() == 1


def test_a_form_from_before_does_not_bring_a_revoked_key_back(hub: Hub, staff: Client) -> None:
    page = add(staff, hub, "may_read")["Location"]
    (key,) = shown(staff.post(page))
    row = ApiKey.objects.get()
    revoke_key(row, user=hub.users["administrator"], now=timezone.now())
    staff.post(reverse("api_keys:edit", args=[row.pk]), fields(hub, "may_read", name="New name"))
    assert ApiKey.objects.get().name == "New name"
    assert ApiKey.objects.of(key) is None


def test_a_key_for_nothing_is_refused(hub: Hub, staff: Client) -> None:
    assert "Choose at least one thing" in add(staff, hub).content.decode()
    nowhere = staff.post(reverse("api_keys:add"), {"name": "CRM", "may_read": "on"})
    assert nowhere.context["form"].errors["newsletters"]
    assert not ApiKey.objects.exists()


def test_nobody_gives_a_key_more_than_they_may_do_themselves(hub: Hub) -> None:
    some = client_of(hub, "editor", "add_apikey", "view_apikey", "change_apikey", "view_subscription")
    page = some.get(reverse("api_keys:add")).content.decode()
    assert [right in page for right in RIGHTS] == [False, True, False]
    add(some, hub, *RIGHTS)
    row = ApiKey.objects.get()
    assert [getattr(row, right) for right in RIGHTS] == [False, True, False]
    ApiKey.objects.update(may_add=True)  # by somebody who may
    for name in ("edit", "make"):
        address = reverse(f"api_keys:{name}", args=[row.pk])
        assert some.get(address)["Location"] == "/admin/"
        assert some.post(address, fields(hub, "may_read"))["Location"] == "/admin/"
    assert ApiKey.objects.get().digest is None
    assert ApiKey.objects.get().may_add


def test_who_added_a_key_may_make_it_and_nobody_else_without_the_right(hub: Hub) -> None:
    adder = client_of(hub, "editor", "add_apikey", "view_subscription")
    page = add(adder, hub, "may_read")["Location"]
    other = client_of(hub, "approver", "add_apikey", "view_subscription")
    assert other.post(page)["Location"] == "/admin/"
    assert len(shown(adder.post(page))) == 1
    assert adder.post(page)["Location"] == "/admin/"  # a new one takes the right to change keys


def test_the_actions_check_the_right_themselves(hub: Hub) -> None:
    row = ApiKey.objects.create(name="CRM", may_read=True)
    for user in (hub.users["editor"], AnonymousUser()):
        with pytest.raises(NotAllowed):
            make_key(row, user=user, now=hub.now)
        with pytest.raises(NotAllowed):
            revoke_key(row, user=user, now=hub.now)
