"""The checks as staff see them: in the editor's side panel and on the review."""

from __future__ import annotations

from django.urls import reverse

from tests.newsletters.building import Hub
from tests.newsletters.test_admin import address_of, clients

WORDS = {
    "en": {"subject": "What moves citizens", "preheader": "Stories from villages."},
    "nl": {"subject": "Wat burgers beweegt", "preheader": "Verhalen uit dorpen."},
}


def fragment(hub: Hub, role: str = "editor") -> str:
    response = clients(hub)[role].get(address_of("checks", hub, None))
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def test_an_issue_with_nothing_to_mend_says_so(hub: Hub) -> None:
    hub.edit(words=WORDS)
    for role in ("editor", "approver"):
        assert "Nothing to fix." in fragment(hub, role)


def test_a_finding_leads_an_editor_to_its_block(hub: Hub) -> None:
    hub.edit(words=WORDS, stories=[hub.story("town-meeting"), hub.story("open-data", teaser="Lorem <b>ipsum")])
    hub.edit(stories=[hub.story("town-meeting"), hub.story("open-data", teaser="Lorem ipsum <i>dolor")])
    block = hub.draft().body[1]
    page = fragment(hub)
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    assert f'href="{edit}#block-{block.id}-section"' in page
    assert "Open data for all" in page
    assert "One thing stops this issue" in page
    assert "<i>" not in page


def test_a_finding_in_the_words_of_a_language_leads_to_its_field(hub: Hub) -> None:
    hub.edit(words=WORDS | {"nl": {"intro": "<p>Lorem ipsum</p>", "subject": "Wat burgers beweegt"}})
    page = fragment(hub)
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    assert f'href="{edit}#id_texts-1-intro-label"' in page
    assert f'href="{edit}#id_texts-1-preheader-label"' in page
    editor = clients(hub)["editor"].get(edit).content.decode()
    assert 'id="id_texts-1-intro-label"' in editor
    assert 'id="id_texts-ADD"' in editor


def test_who_may_not_edit_reads_the_same_without_a_link(hub: Hub) -> None:
    hub.edit(stories=[hub.story("open-data", teaser="Lorem ipsum")])
    hub.users["approver"].groups.get().page_permissions.all().delete()
    page = fragment(hub, "approver")
    assert "Open data for all" in page
    assert "<a " not in page


def test_what_an_administrator_sets_leads_only_them_there(hub: Hub) -> None:
    hub.edit(words=WORDS)
    hub.newsletter.postal_address = ""
    hub.newsletter.save()
    settings = reverse("wagtailsnippets_hub_newsletters_newsletter:edit", args=[hub.newsletter.pk])
    assert settings in fragment(hub, "administrator")
    assert "Settings of the newsletter" in fragment(hub, "editor")
    assert settings not in fragment(hub, "editor")


def test_an_issue_that_cannot_be_compiled_says_why(hub: Hub) -> None:
    hub.edit(stories=[], words={"en": {"intro": ""}, "nl": {"intro": ""}})
    assert "The issue says nothing yet" in fragment(hub)
    review = clients(hub)["approver"].get(address_of("review", hub, None)).content.decode()
    assert "The issue says nothing yet" in review
    assert "Who gets what" not in review


def test_the_editor_has_the_panel_in_place_of_wagtails(hub: Hub) -> None:
    client = clients(hub)["editor"]
    page = client.get(reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])).content.decode()
    assert 'data-side-panel="issue-checks"' in page
    assert 'data-side-panel="checks"' not in page
    assert address_of("checks", hub, None) in page
    add = reverse("wagtailadmin_pages:add", args=["hub_newsletters", "issuepage", hub.page.pk])
    page = client.get(add).content.decode()
    assert "Save the issue once" in page
    other = client.get(reverse("wagtailadmin_pages:edit", args=[hub.articles["open-data"]["en"].pk])).content.decode()
    assert 'data-side-panel="issue-checks"' not in other
    assert 'data-side-panel="checks"' in other
