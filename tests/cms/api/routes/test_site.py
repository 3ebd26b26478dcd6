"""GET /site: everything that is the same for the whole site."""

from __future__ import annotations

from typing import Any

from cms.models import SiteSettings
from cms.plugins import Plugin, SiteSection, registry


def test_the_site_names_itself_its_languages_menus_and_themes(
    client: Any, site: Any, home_nl: Any, theme_page: Any, make_theme: Any
) -> None:
    make_theme("power", en="Civic power")
    SiteSettings.objects.create(site=site, organisation="Partos", contact_email="hub@hub.test")
    answer = client.get("/api/v1/site").json()
    assert (answer["name"], answer["url"]) == ("Innovation Hub", "http://hub.test")
    assert answer["organisation"]["name"] == "Partos"
    assert [(each["code"], each["name"], each["is_default"]) for each in answer["locales"]] == [
        ("en", "English", True),
        ("nl", "Nederlands", False),
    ]
    menus = {menu["locale"]: menu for menu in answer["navigation"]}
    assert [item["path"] for item in menus["en"]["items"]] == ["/en/themes/"]
    assert menus["nl"]["home"]["path"] == "/nl/"
    assert [theme["slug"] for theme in answer["themes"]] == ["data", "power"]
    assert answer["themes"][0]["names"] == {"en": "Data", "nl": "Gegevens"}


def test_a_plugin_shows_what_it_declares(client: Any, site: Any, monkeypatch: Any) -> None:
    section = SiteSection(name="weather", build=lambda site: {"sun": True, "at": site.hostname})
    plugin = Plugin(name="weather", contract=2, settings=(section,))
    monkeypatch.setattr("cms.api.routes.site.plugins", lambda: (*registry.plugins(), plugin))
    assert client.get("/api/v1/site").json()["sections"]["weather"] == {"sun": True, "at": "hub.test"}


def test_a_language_whose_front_page_is_not_public_is_not_named(client: Any, site: Any, home_nl: Any) -> None:
    home_nl.unpublish()
    assert [each["code"] for each in client.get("/api/v1/site").json()["locales"]] == ["en"]
