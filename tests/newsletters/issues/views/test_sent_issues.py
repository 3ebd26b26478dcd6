"""Wagtail's own actions on an issue that was sent: the ledger stays, and nothing else becomes public."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, ProtectedError
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from newsletters.issues.queries import current_dispatch
from newsletters.models import (
    Approval,
    Delivery,
    Dispatch,
    Edition,
    IssuePage,
    Newsletter,
    NewsletterPage,
    NewsletterText,
)
from tests.conftest import add_page
from tests.newsletters.building import Hub


@pytest.fixture
def sent(hub: Hub) -> Dispatch:
    hub.subscribe("ann")
    return hub.send()


@pytest.fixture
def admin(hub: Hub) -> Client:
    client = Client()
    client.force_login(hub.users["administrator"])
    return client


@pytest.fixture
def other_page(hub: Hub) -> NewsletterPage:
    """The page of another newsletter."""
    other = Newsletter(name="Other", slug="other", sender_name="x", sender_email="o@hub.test", reply_to="o@hub.test")
    other.postal_address = "Somewhere"
    other.texts.set([NewsletterText(locale=hub.locales["en"], title="Other", consent_wording="Yes.")])
    other.save()
    return add_page(hub.site.root_page, NewsletterPage(title="Other", slug="other", newsletter=other))


def public_answers(hub: Hub, issue: Page) -> dict[str, int]:
    """Return what the public gets at each address of an issue."""
    client, issue = Client(), IssuePage.objects.get(pk=issue.pk)
    addresses = {
        "issue": f"/api/v1/newsletters/letter/issues/{issue.slug}",
        "page": f"/api/v1/pages/{issue.pk}",
        "resolve": f"/api/v1/resolve?path={issue.url}",
        "read online": f"/n/i/{issue.pk}/en",
        "plain page": issue.url,
    }
    answers = {name: client.get(address).status_code for name, address in addresses.items()}
    if client.get(addresses["resolve"]).json().get("status") == "gone":
        answers["resolve"] = 404  # it says so and nothing else
    listed = client.get("/api/v1/newsletters/letter/issues").json().get("items", [])
    return answers | {"list": 200 if issue.slug in [item["slug"] for item in listed] else 404}


def bulk(admin: Client, action: str, *pages: Page, app: str = "wagtailcore", model: str = "page", **data: Any) -> Any:
    address = reverse("wagtail_bulk_action", args=[app, model, action])
    query = "&".join(f"id={page.pk}" for page in pages)
    return admin.post(f"{address}?{query}&next=/admin/", data, follow=True)


def test_unpublishing_takes_it_from_the_public_and_leaves_the_ledger(hub: Hub, sent: Dispatch, admin: Client) -> None:
    assert set(public_answers(hub, hub.issue).values()) == {200}
    before = list(Delivery.objects.values()), list(Edition.objects.values())
    admin.post(reverse("wagtailadmin_pages:unpublish", args=[hub.issue.pk]))
    assert set(public_answers(hub, hub.issue).values()) == {404}
    assert (list(Delivery.objects.values()), list(Edition.objects.values())) == before
    assert admin.get(reverse("newsletters_admin:dispatch", args=[sent.pk])).status_code == 200


def test_what_was_unpublished_can_be_published_again(hub: Hub, sent: Dispatch, admin: Client) -> None:
    admin.post(reverse("wagtailadmin_pages:unpublish", args=[hub.issue.pk]))
    bulk(admin, "publish", hub.issue)
    assert set(public_answers(hub, hub.issue).values()) == {200}


def test_behind_a_view_restriction_it_cannot_be_read_online(hub: Hub, sent: Dispatch) -> None:
    from wagtail.models import PageViewRestriction

    PageViewRestriction.objects.create(page=hub.page, restriction_type=PageViewRestriction.LOGIN)
    assert set(public_answers(hub, hub.issue).values()) <= {302, 404}
    assert public_answers(hub, hub.issue)["read online"] == 404


def test_a_program_cannot_delete_it_either(hub: Hub, sent: Dispatch) -> None:
    for page in (IssuePage.objects.get(pk=hub.issue.pk), hub.page, hub.newsletter):
        with pytest.raises(ProtectedError), transaction.atomic():
            page.delete()
    assert sent.deliveries.count() == 1


def test_it_keeps_its_slug(hub: Hub, sent: Dispatch, admin: Client) -> None:
    slug = hub.issue.slug
    response = admin.post(reverse("wagtailadmin_pages:edit", args=[hub.issue.pk]), {"slug": "x"}, follow=True)
    assert "can no longer be changed" in response.content.decode()
    assert IssuePage.objects.get(pk=hub.issue.pk).slug == slug


def test_it_does_not_move_to_another_newsletter(
    hub: Hub, sent: Dispatch, admin: Client, other_page: NewsletterPage
) -> None:
    move = reverse("wagtailadmin_pages:move_confirm", args=[hub.issue.pk, other_page.pk])
    for response in (admin.get(move, follow=True), admin.post(move, follow=True)):
        assert "stays in its newsletter" in response.content.decode()
    assert bulk(admin, "move", hub.issue, chooser=other_page.pk).status_code == 200
    with pytest.raises(PermissionDenied):
        IssuePage.objects.get(pk=hub.issue.pk).move(other_page, pos="last-child", user=hub.users["administrator"])
    assert IssuePage.objects.get(pk=hub.issue.pk).newsletter == hub.newsletter


def test_a_draft_moves_to_another_newsletter(hub: Hub, admin: Client, other_page: NewsletterPage) -> None:
    admin.post(reverse("wagtailadmin_pages:move_confirm", args=[hub.issue.pk, other_page.pk]))
    assert IssuePage.objects.get(pk=hub.issue.pk).newsletter == other_page.newsletter


def test_it_moves_to_another_page_of_its_newsletter(hub: Hub, sent: Dispatch, admin: Client) -> None:
    page = NewsletterPage(title="Second", slug="second", newsletter=hub.newsletter)
    second = add_page(hub.site.root_page, page)
    admin.post(reverse("wagtailadmin_pages:move_confirm", args=[hub.issue.pk, second.pk]))
    assert IssuePage.objects.get(pk=hub.issue.pk).get_parent().pk == second.pk


@pytest.mark.parametrize("kind", ["publish_copies", "alias", "draft"])
def test_a_copy_is_an_unsent_draft_that_nobody_approved(hub: Hub, sent: Dispatch, admin: Client, kind: str) -> None:
    asked = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": hub.page.pk, kind: "on"}
    admin.post(reverse("wagtailadmin_pages:copy", args=[hub.issue.pk]), asked)
    copy = IssuePage.objects.get(slug="copy")
    assert (copy.live, current_dispatch(copy), Approval.newest_of(copy)) == (False, None, None)
    assert copy.texts.count() == 2
    assert set(public_answers(hub, copy).values()) == {404}
    assert Dispatch.objects.count() == 1


def test_copying_the_newsletters_page_with_its_issues_publishes_no_issue(
    hub: Hub, sent: Dispatch, admin: Client
) -> None:
    asked = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": hub.site.root_page.pk}
    admin.post(
        reverse("wagtailadmin_pages:copy", args=[hub.page.pk]), asked | {"copy_subpages": "on", "publish_copies": "on"}
    )
    assert NewsletterPage.objects.get(slug="copy").live
    assert list(IssuePage.objects.filter(live=True).values_list("pk", flat=True)) == [hub.issue.pk]


def test_a_draft_becomes_public_by_being_sent_only(hub: Hub, admin: Client) -> None:
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    from wagtail.test.utils.form_data import querydict_from_html

    form = querydict_from_html(admin.get(edit).content.decode(), form_id="page-edit-form")
    form.update({"body-count": "0", "action-publish": "1"})
    response = admin.post(edit, form, follow=True)
    assert "becomes public when it is sent" in response.content.decode()
    assert "becomes public when it is sent" in bulk(admin, "publish", hub.issue).content.decode()
    bulk(admin, "publish", hub.page, include_descendants="on")
    hub.draft().save_revision().publish()
    issue = IssuePage.objects.get(pk=hub.issue.pk)
    assert (issue.live, issue.first_published_at, issue.has_unpublished_changes) == (False, None, True)
    assert set(public_answers(hub, hub.issue).values()) == {404}


def test_an_approvers_account_is_kept_with_what_they_approved(hub: Hub, sent: Dispatch, admin: Client) -> None:
    approver = hub.users["approver"]
    answers = [
        admin.post(reverse("wagtailusers_users:delete", args=[approver.pk]), follow=True),
        bulk(admin, "delete", approver, app="auth", model="user"),
    ]
    for response in answers:
        assert response.status_code == 200
        assert "Make the account inactive" in response.content.decode()
    admin.post(reverse("wagtailusers_users:delete", args=[hub.users["outsider"].pk]))
    remaining = set(type(approver).objects.values_list("username", flat=True))
    assert remaining == {"administrator", "editor", "approver"}


@pytest.mark.parametrize("address", ["newsletter", "theme"])
def test_what_the_ledger_needs_cannot_be_deleted_and_is_no_error(
    hub: Hub, sent: Dispatch, admin: Client, address: str
) -> None:
    rows: dict[str, Model] = {"newsletter": hub.newsletter, "theme": hub.themes["data"]}
    key, kind = rows[address].pk, ContentType.objects.get_for_model(rows[address])
    name = f"wagtailsnippets_{kind.app_label}_{kind.model}:delete"
    assert admin.post(reverse(name, args=[key])).status_code < 500
    assert kind.get_all_objects_for_this_type(pk=key).exists()
    assert sent.deliveries.count() == 1
