"""The admin's preview: the website's page with the form's content, or the plain page if no website is set."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from wagtail.models import Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data, rich_text, streamfield

from cms.models import Preview, SiteSettings
from tests.parts import attribute, element
from themes.models import ArticlePage

WEBSITE = "https://www.example.org/preview"


@pytest.fixture
def website(site: Any) -> SiteSettings:
    return SiteSettings.objects.create(site=site, preview_url=WEBSITE)


def form(**changes: Any) -> dict[str, Any]:
    """Return what the edit form of an article sends."""
    plain = {"title": "Before", "slug": "one", "summary": "", "image_alt": "", "link_text": "", "tags": ""}
    plain |= {"seo_title": "", "search_description": "", "image": "", "comment_notifications": ""}
    return nested_form_data({**plain, "body": streamfield([]), "comments": inline_formset([]), **changes})


def read(client: Any, address: str) -> Any:
    """Do what the website does: read the preview with the token from its own address."""
    (token,) = parse_qs(urlsplit(address).query)["token"]
    client.logout()
    return client.get(f"/api/v1/preview/{token}").json()


def edit_url(page: Page) -> str:
    return reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk])


def test_the_panel_frames_the_websites_page_of_what_is_not_saved(
    admin_client: Any, website: SiteSettings, make_article: Any
) -> None:
    page = make_article("one", title="Before")
    body = streamfield([("text", rich_text("<p>typed</p>")), ("heading", {"text": "Sub", "level": "2"})])
    sent = admin_client.post(edit_url(page), form(title="After", slug="two", body=body, tags="Fresh"))
    assert sent.json() == {"is_valid": True, "is_available": True}
    response = admin_client.get(edit_url(page), {"in_preview_panel": "true"})
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response["Cache-Control"]
    frame = element(BeautifulSoup(response.content, "html.parser"), "iframe")
    assert attribute(frame, "src").startswith(f"{WEBSITE}?token=")
    assert (frame["referrerpolicy"], frame["title"]) == ("no-referrer", "After")
    answer = read(admin_client, attribute(frame, "src"))
    assert (answer["title"], answer["path"]) == ("After", "/en/themes/data/two/")
    assert [block["type"] for block in answer["body"]] == ["text", "heading"]
    assert [tag["name"] for tag in answer["tags"]] == ["Fresh"]
    assert ArticlePage.objects.get(pk=page.pk).title == "Before"
    assert page.revisions.count() == 0


def test_a_tab_of_its_own_is_sent_to_the_website(admin_client: Any, website: SiteSettings, make_article: Any) -> None:
    website.preview_url = f"{WEBSITE}?from=hub"
    website.save()
    page = make_article("one")
    admin_client.post(edit_url(page), form())
    response = admin_client.get(edit_url(page))
    assert response.status_code == 302
    assert re.fullmatch(re.escape(f"{WEBSITE}?from=hub&token=") + r"[\w-]{43}", response["Location"])
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"


def test_view_draft_shows_the_last_draft_on_the_website(
    admin_client: Any, website: SiteSettings, make_article: Any
) -> None:
    page = make_article("one", title="Before")
    page.title = "Draft"
    page.save_revision()
    response = admin_client.get(reverse("wagtailadmin_pages:view_draft", args=[page.pk]))
    assert read(admin_client, response["Location"])["title"] == "Draft"


def test_a_page_that_was_never_saved_is_shown_in_the_language_of_its_place(
    admin_client: Any, website: SiteSettings, theme_page: Any, home_nl: Page, locales: Any
) -> None:
    theme_page.get_parent().specific.copy_for_translation(locales["nl"])
    parent = theme_page.copy_for_translation(locales["nl"])
    url = reverse("wagtailadmin_pages:preview_on_add", args=["hub_themes", "articlepage", parent.pk])
    assert admin_client.post(url, form(title="Nieuw", slug="nieuw")).json()["is_valid"]
    answer = read(admin_client, admin_client.get(url)["Location"])
    assert (answer["id"], answer["title"], answer["locale"]) == (0, "Nieuw", "nl")
    assert answer["path"].startswith("/nl/")
    assert not ArticlePage.objects.exists()


def test_a_page_without_a_title_has_a_preview(admin_client: Any, website: SiteSettings, make_article: Any) -> None:
    page = make_article("one")
    assert admin_client.post(edit_url(page), form(title="", slug="")).json()["is_valid"]
    assert read(admin_client, admin_client.get(edit_url(page))["Location"])["title"] == "Placeholder title"


def test_without_a_website_the_plain_page_is_shown_and_no_token_is_made(admin_client: Any, make_article: Any) -> None:
    page = make_article("one")
    admin_client.post(edit_url(page), form(title="After"))
    response = admin_client.get(edit_url(page), {"in_preview_panel": "true"})
    assert element(BeautifulSoup(response.content, "html.parser"), "h1").text == "After"
    assert not Preview.objects.exists()


def test_who_may_not_edit_gets_no_token(client: Any, website: SiteSettings, make_article: Any) -> None:
    page = make_article("one")
    assert client.get(edit_url(page)).status_code == 302
    assert "login" in client.get(edit_url(page))["Location"]
    assert not Preview.objects.exists()


def test_editors_set_the_address_among_the_settings_of_the_site(admin_client: Any, site: Any) -> None:
    url = reverse("wagtailsettings:edit", args=["hub_cms", "sitesettings", site.pk])
    refused = admin_client.post(url, {"preview_url": "http://www.example.org/preview"})
    assert "starts with https://" in refused.content.decode()
    admin_client.post(url, {"preview_url": WEBSITE})
    assert SiteSettings.for_site(site).preview_url == WEBSITE
