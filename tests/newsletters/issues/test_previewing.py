"""What staff see of an issue before it is sent: each edition, in each scheme, as text and source, as a subscriber."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from newsletters.editions.schemes import in_scheme
from newsletters.issues.edition_list import edition_choices, edition_rows, find_edition
from newsletters.models import Subscription
from tests.newsletters.filling_in import fields_of


def signed_in(hub: Any, name: str, *, sees_subscribers: bool = False) -> Client:
    client = Client()
    if sees_subscribers:
        hub.users[name].user_permissions.add(Permission.objects.get(codename="view_subscription"))
    client.force_login(hub.users[name])
    return client


def look(hub: Any, client: Client, **asked: Any) -> Any:
    response = client.get(f"{reverse('newsletters_admin:preview', args=[hub.issue.pk])}?{urlencode(asked)}")
    assert response.status_code == 200
    return response


def mail_in(response: Any) -> BeautifulSoup:
    frame: Any = BeautifulSoup(response.content, "html.parser").select_one("iframe.mail")
    return BeautifulSoup(frame["srcdoc"], "html.parser")


def test_the_panel_offers_every_edition_with_its_readers(hub: Any) -> None:
    hub.subscribe("ann", "bob", themes=["data"])
    hub.subscribe("cem", themes=["data", "power", "climate"])
    hub.subscribe("nel", language="nl", themes=["power", "data"])
    draft = hub.draft()
    assert [str(label) for _key, label in draft.preview_modes] == [
        "English: every story, as in the archive",
        "English: Data (fewer than 5)",
        "English: all themes (fewer than 5)",
        "Nederlands: every story, as in the archive",
        "Nederlands: Data + Civic power (fewer than 5)",
    ]
    assert draft.default_preview_mode == draft.preview_modes[0][0] == "en"


def test_the_number_of_editions_makes_no_more_queries(hub: Any, django_assert_num_queries: Any) -> None:
    hub.subscribe("ann", themes=["data"])
    with CaptureQueriesContext(connection) as few:
        edition_choices(hub.newsletter)
    for number, themes in enumerate((["power"], ["climate"], ["data", "power"], ["data", "climate"])):
        hub.subscribe(f"reader{number}", language="nl", themes=themes)
    with django_assert_num_queries(len(few)):
        edition_choices(hub.newsletter)


def test_the_preview_says_that_nobody_gets_a_language_in_which_nothing_is_said(hub: Any) -> None:
    quote = ("quote", {"texts": [{"language": "nl", "quote": "Het was van ons", "attribution": ""}]})
    hub.edit(stories=[quote], words={"en": {"subject": "Here", "title": "Here", "intro": ""}})
    client = signed_in(hub, "editor")
    said = "The issue says nothing in this language."
    test = reverse("newsletters_admin:test", args=[hub.issue.pk])
    for language, says_nothing in (("en", True), ("nl", False)):
        page = look(hub, client, edition=language).content.decode()
        assert (said in page, f'href="{test}?' in page) == (says_nothing, not says_nothing)


def test_the_list_of_editions_says_what_each_gets_and_who_gets_nothing_and_why(hub: Any) -> None:
    hub.subscribe("ann", "bob", themes=["data"])
    hub.subscribe("cas", themes=["climate"])
    hub.subscribe("nel", language="nl")
    compiled = hub.compile()
    hub.newsletter.texts.get(locale=hub.locales["nl"]).delete()
    rows = edition_rows(compiled, hub.newsletter)
    assert [(row.choice.people, row.story_count, row.reason) for row in rows] == [
        (2, 2, ""),
        (1, 0, "No story is on these themes, and there is no lead story."),
        (1, 0, "The newsletter is not written in this language."),
    ]


def test_the_review_lists_the_editions_and_leads_to_each(hub: Any) -> None:
    (ann, _cas) = hub.subscribe("ann", "dee", themes=["data"])
    hub.subscribe("cas", themes=["climate"])
    client = signed_in(hub, "editor")
    page = client.get(reverse("newsletters_admin:review", args=[hub.issue.pk])).content.decode()
    assert "<td>Data</td>" in page
    assert "No story is on these themes" in page
    address = f"{reverse('newsletters_admin:preview', args=[hub.issue.pk])}?edition=en-{ann.theme_set_id}"
    assert address in page
    assert "A town meeting" not in mail_in(client.get(address)).get_text()


def test_an_unknown_edition_is_the_first_languages_full_one(hub: Any) -> None:
    assert find_edition(hub.newsletter, key="xx-999").key == "en"
    assert "A town meeting" in mail_in(look(hub, signed_in(hub, "editor"), edition="xx")).get_text()


def test_the_mail_is_shown_in_a_frame_that_runs_nothing_and_loads_from_us_only(hub: Any) -> None:
    hub.edit(stories=[hub.story("open-data", title="</iframe><script>alert(1)</script>")])
    response = look(hub, signed_in(hub, "editor"), edition="en")
    page = BeautifulSoup(response.content, "html.parser")
    assert [script["src"] for script in page.find_all("script")] == ["/static/newsletters/preview.js"]
    frame: Any = page.select_one("iframe.mail")
    assert "allow-scripts" not in frame["sandbox"]
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "img-src 'self' data: http://hub.test;" in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response.headers["Cache-Control"]


@pytest.mark.parametrize("view", ["mail", "dark", "text", "html", "mjml"])
def test_each_way_of_looking_shows_the_mail_with_its_size(hub: Any, view: str) -> None:
    response = look(hub, signed_in(hub, "editor"), edition="nl", view=view)
    page = BeautifulSoup(response.content, "html.parser")
    chosen: Any = page.select_one("[aria-current]")
    assert f"view={view}" in chosen["href"]
    size: Any = page.select_one(".inbox")
    assert "KB of 100.0" in size.get_text().replace("\xa0", " ")
    shown = mail_in(response).decode() if view in {"mail", "dark"} else page.select_one("pre").get_text()  # type: ignore[union-attr]
    begins = {"text": "De Brief", "html": "<!doctype html>", "mjml": "<mjml"}.get(view, "")
    assert begins in shown
    assert "Open data voor iedereen" in shown
    assert "Beste lezer," in shown
    assert "%%" not in shown
    assert "http://hub.test/n/t/nl" in shown


def test_the_scheme_is_shown_whatever_the_onlooker_has(hub: Any) -> None:
    client = signed_in(hub, "editor")
    light, dark = (mail_in(look(hub, client, view=view)).decode() for view in ("mail", "dark"))
    assert "prefers-color-scheme" not in light + dark
    assert ("@media not all" in light, "@media not all" in dark) == (True, False)
    assert ("@media all" in light, "@media all" in dark) == (False, True)
    for shown, scheme in ((light, "light"), (dark, "dark")):
        assert f'content="{scheme}" name="color-scheme"' in shown
        assert f"color-scheme: {scheme};" in shown


def test_only_the_preview_is_held_to_one_scheme(hub: Any) -> None:
    html = hub.compile().editions[hub.locales["en"]].html
    assert "@media (prefers-color-scheme: dark)" in html
    assert in_scheme(html, dark=True) != html


def test_an_issue_that_cannot_be_compiled_says_why(hub: Any) -> None:
    hub.edit(words={"nl": {"subject": " "}})
    page = look(hub, signed_in(hub, "editor"), edition="nl").content.decode()
    assert "The issue has no subject in Nederlands." in page


def test_a_subscriber_is_found_by_name_or_address_and_gets_their_own_edition(hub: Any) -> None:
    (nel,) = hub.subscribe("nel", language="nl", themes=["power"])
    hub.subscribe("ned", status=Subscription.Status.ENDED)
    client = signed_in(hub, "editor", sees_subscribers=True)
    page = BeautifulSoup(look(hub, client, edition="en", q="ne").content, "html.parser")
    (found,) = page.select(".found a")
    assert found.get_text(" ", strip=True) == "Nel nel@example.org"
    shown = look(hub, client, edition="en", reader=nel.pk)
    text = mail_in(shown).get_text()
    assert ("Beste Nel," in text, "Een dorpsvergadering" in text, "Open data" in text) == (True, True, False)
    assert f"/n/u/{nel.pk}" not in shown.content.decode()
    assert "No active subscriber matches “zz”." in look(hub, client, edition="en", q="zz", reader="").content.decode()


@pytest.mark.parametrize("asked", ["q", "reader"])
def test_who_may_not_see_subscribers_sees_nobody(hub: Any, asked: str) -> None:
    (nel,) = hub.subscribe("nel", language="nl", themes=["power"])
    client = signed_in(hub, "editor")
    page = look(hub, client, edition="en", **{asked: {"q": "nel", "reader": nel.pk}[asked]}).content.decode()
    assert "Nel" not in page.replace("Nederlands", "")
    assert "nel@" not in page
    assert "search" not in page
    assert "Dear reader," in page


def test_nobody_of_another_newsletter_is_found(hub: Any) -> None:
    (ann,) = hub.subscribe("ann")
    Subscription.objects.filter(pk=ann.pk).update(newsletter=_another(hub))
    client = signed_in(hub, "editor", sees_subscribers=True)
    for asked in ({"q": "ann"}, {"reader": ann.pk}):
        assert "ann@" not in look(hub, client, edition="en", **asked).content.decode()


def _another(hub: Any) -> Any:
    other = type(hub.newsletter).objects.create(
        name="Other", slug="other", sender_email="o@hub.test", reply_to="o@o.test"
    )
    other.texts.create(locale=hub.locales["en"], title="Other", consent_wording="Yes.")
    return other


def test_what_was_looked_at_is_looked_at_again_until_another_edition_is_chosen(hub: Any) -> None:
    (ann,) = hub.subscribe("ann")
    client = signed_in(hub, "editor", sees_subscribers=True)
    look(hub, client, edition="en", view="dark", reader=ann.pk, width="phone")
    again = look(hub, client, edition="en")
    assert "Dear Ann," in mail_in(again).get_text()
    assert "mail--phone" in again.content.decode()
    assert "@media all" in mail_in(again).decode()
    other = mail_in(look(hub, client, edition="nl"))
    assert "Beste lezer," in other.get_text()
    assert "@media all" in other.decode()


def test_the_editors_panel_shows_what_is_not_saved_yet(hub: Any) -> None:
    client = signed_in(hub, "administrator")
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[hub.issue.pk])
    form: Any = BeautifulSoup(client.get(edit).content, "html.parser").select_one("[data-edit-form]")
    fields = fields_of(form)
    fields["texts-0-title"] = "Not saved yet"
    fields |= {"body-count": "0"}
    assert client.post(address, fields).json() == {"is_valid": True, "is_available": True}
    response = client.get(f"{address}?mode=en&in_preview_panel=true&view=dark")
    assert mail_in(response).h1.get_text() == "Not saved yet"  # type: ignore[union-attr]
    toolbar = BeautifulSoup(response.content, "html.parser")
    assert all("mode=en&in_preview_panel=true" in link["href"] for link in toolbar.select(".bar li a"))
    assert response.cookies["hub-preview"]["path"] == address


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_links_of_a_preview_lead_to_a_page_that_changes_nothing(hub: Any, method: str) -> None:
    hub.subscribe("ann")
    stranger = Client(enforce_csrf_checks=True)
    for language, words in (("en", "This was a test mail"), ("nl", "Dit was een testmail")):
        response = getattr(stranger, method)(f"/n/t/{language}", {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert words in response.content.decode()
    assert hub.newsletter.subscriptions.get().status == "active"
    assert stranger.get("/n/t/xx").status_code == 404
