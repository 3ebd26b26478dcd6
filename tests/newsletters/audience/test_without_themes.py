"""A hub without themes, like every hub on its first day, can have subscribers; nobody is asked to choose."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from cms.models import Theme
from newsletters.audience.forms import InvitationForm
from newsletters.models import SignUp
from newsletters.values.personal_links import Purpose, make_token
from themes.models import ThemePage

ASKED = {"email": "eve@example.org", "language": "en"}


@pytest.fixture
def bare(hub: Any) -> Any:
    """A hub whose themes were all deleted."""
    for page in ThemePage.objects.all():
        page.delete()
    Theme.objects.all().delete()
    return hub


def test_the_sign_up_page_asks_for_no_themes(bare: Any, client: Client) -> None:
    assert "Themes" not in client.get("/n/s/letter/en").content.decode()
    client.post("/n/s/letter/en", ASKED)
    assert SignUp.objects.get(email="eve@example.org").theme_set.key == ""


def test_the_api_takes_none(bare: Any, client: Client) -> None:
    answer = client.post("/api/v1/newsletters/letter/subscriptions", ASKED | {"themes": []}, "application/json")
    assert answer.status_code == 202
    assert SignUp.objects.filter(email="eve@example.org").exists()


def test_staff_invite_without_themes(bare: Any) -> None:
    why = {"basis": "relation", "ground": "a donor"}
    form = InvitationForm(ASKED | why | {"newsletter": bare.newsletter.pk, "language": bare.page.locale_id})
    assert form.is_valid(), form.errors
    assert "themes" not in [field.name for field in form.visible_fields()]


def test_an_empty_form_of_choices_shows_its_error(bare: Any, client: Client) -> None:
    (ann,) = bare.subscribe("ann", themes=[])
    choose = reverse("newsletters:preferences", args=[make_token(Purpose.PREFERENCES, subscription_pk=ann.pk)])
    assert "Please correct what is marked below." in client.post(choose).content.decode()


def test_where_there_are_themes_one_has_to_be_chosen(hub: Any, client: Client) -> None:
    assert "Choose at least one theme." in client.post("/n/s/letter/en", ASKED).content.decode()
    answer = client.post("/api/v1/newsletters/letter/subscriptions", ASKED | {"themes": []}, "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "themes")


def test_who_follows_no_theme_gets_what_is_for_everyone(hub: Any) -> None:
    stories = [hub.story("open-data", is_lead=True), hub.story("town-meeting")]
    hub.edit(words={"en": {"subject": "Hello"}}, stories=stories)
    hub.subscribe("ann", themes=[])
    (delivery,) = hub.send().deliveries.all()
    assert delivery.edition is not None
    assert "Open data" in delivery.edition.html
    assert "town meeting" not in delivery.edition.html
