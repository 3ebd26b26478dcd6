"""The pages for staff: who may do what, what they show, and what protects an issue that was sent."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, Workflow, WorkflowState

from newsletters.admin_urls import urlpatterns
from newsletters.models import (
    Approval,
    BulkChange,
    Dispatch,
    IssuePage,
    ReaderImport,
    Schedule,
    Subscriber,
    Subscription,
    ThemeSet,
)
from newsletters.sending import ledger
from newsletters.testing import REFUSED, FakeTransport
from tests.conftest import add_page
from tests.newsletters.building import Hub
from tests.parts import element
from themes.models import ArticlePage

STAFF = ("editor", "approver", "administrator", "outsider")
ROLES = ("anonymous", *STAFF)

# Each address and what each role gets: a status, or "in" for a redirect to the login.
ANYBODY_WITH_THE_ADMIN = {"anonymous": "in", "editor": 200, "approver": 200, "administrator": 200, "outsider": 200}
STAFF_OF_THE_LETTER = ANYBODY_WITH_THE_ADMIN | {"outsider": "away"}
ONLY_ADMINISTRATORS = ANYBODY_WITH_THE_ADMIN | {"editor": "away", "approver": "away", "outsider": "away"}

MATRIX: dict[str, dict[str, Any]] = {
    "overview": ANYBODY_WITH_THE_ADMIN,  # empty for people without any right
    "compose": {"anonymous": "in", "editor": 302, "approver": "away", "administrator": 302, "outsider": "away"},
    "gather": STAFF_OF_THE_LETTER,
    "updates": STAFF_OF_THE_LETTER,
    "gather-new": ANYBODY_WITH_THE_ADMIN | {"approver": "away", "outsider": "away"},
    "review": STAFF_OF_THE_LETTER,
    "checks": STAFF_OF_THE_LETTER,
    "check_links": STAFF_OF_THE_LETTER | {"editor": 204, "approver": 204, "administrator": 204},
    "preview": STAFF_OF_THE_LETTER,
    "test": STAFF_OF_THE_LETTER,
    "approve": {"anonymous": "in", "editor": "away", "approver": 302, "administrator": 302, "outsider": "away"},
    "submit": {"anonymous": "in", "editor": 302, "approver": 302, "administrator": 302, "outsider": "away"},
    "take_back": {"anonymous": "in", "editor": 302, "approver": 302, "administrator": 302, "outsider": "away"},
    "send_back": {"anonymous": "in", "editor": "away", "approver": 302, "administrator": 302, "outsider": "away"},
    "confirm": {"anonymous": "in", "editor": "away", "approver": 200, "administrator": 200, "outsider": "away"},
    "schedule": {"anonymous": "in", "editor": "away", "approver": 200, "administrator": 200, "outsider": "away"},
    "unschedule": {"anonymous": "in", "editor": "away", "approver": 302, "administrator": 302, "outsider": "away"},
    "correct": {"anonymous": "in", "editor": "away", "approver": 302, "administrator": 302, "outsider": "away"},
    "copy": {"anonymous": "in", "editor": 302, "approver": "away", "administrator": 302, "outsider": "away"},
    "set_up": {"anonymous": "in", "editor": "away", "approver": "away", "administrator": 302, "outsider": "away"},
    "send": {"anonymous": "in", "editor": "away", "approver": 302, "administrator": 302, "outsider": "away"},
    "dispatch": STAFF_OF_THE_LETTER,
    "deliveries": STAFF_OF_THE_LETTER | {"editor": "away"},  # not without a right to see readers, or to send
    "ask_cancel": {"anonymous": "in", "editor": "away", "approver": 200, "administrator": 200, "outsider": "away"},
    "uncertain": {"anonymous": "in", "editor": "away", "approver": 200, "administrator": 200, "outsider": "away"},
    "rest": {"anonymous": "in", "editor": "away", "approver": 200, "administrator": 200, "outsider": "away"},
    "numbers": STAFF_OF_THE_LETTER,
    "privacy": STAFF_OF_THE_LETTER,
    "suppressed": ONLY_ADMINISTRATORS,
    "bulk": ONLY_ADMINISTRATORS | {"administrator": 404},  # does not say what and for whom
    "bulk_change": ONLY_ADMINISTRATORS,
    "undo_bulk": ONLY_ADMINISTRATORS | {"administrator": 302},
    "change": ONLY_ADMINISTRATORS,
    "reader": ONLY_ADMINISTRATORS,
    "suppress": ONLY_ADMINISTRATORS,
    "end_subscription": ONLY_ADMINISTRATORS,
    "export": ONLY_ADMINISTRATORS,
    "imports": ONLY_ADMINISTRATORS,
    "import": ONLY_ADMINISTRATORS,
    "undo_import": ONLY_ADMINISTRATORS,
    "import_report": ONLY_ADMINISTRATORS,
    "start_import": ONLY_ADMINISTRATORS | {"administrator": 302},
    "stop_import": ONLY_ADMINISTRATORS | {"administrator": 302},
    "restore": ONLY_ADMINISTRATORS,
    "proof": ONLY_ADMINISTRATORS,
    "erase_subscriber": ONLY_ADMINISTRATORS,
    "steer": {"anonymous": "in", "editor": "away", "approver": 302, "administrator": 302, "outsider": "away"},
}
OF_AN_IMPORT = ("import", "start_import", "undo_import", "stop_import", "import_report")
OF_A_DISPATCH = {"dispatch", "steer", "correct", "copy", "deliveries", "ask_cancel", "uncertain", "rest"}
POST_ONLY = {
    "undo_bulk",
    "start_import",
    "stop_import",
    "approve",
    "check_links",
    "compose",
    "copy",
    "correct",
    "schedule",
    "send",
    "send_back",
    "set_up",
    "steer",
    "submit",
    "take_back",
    "unschedule",
}


def clients(hub: Hub) -> dict[str, Client]:
    found = {name: Client() for name in ROLES}
    for name in STAFF:
        found[name].force_login(hub.users[name])
    return found


def an_import(hub: Hub) -> ReaderImport:
    """Return the one import of the tests, which was tried out; its file is gone."""
    times = {"created_at": hub.now, "heard_at": hub.now}
    return ReaderImport.objects.get_or_create(newsletter=hub.newsletter, status="checked", defaults=times)[0]


def address_of(name: str, hub: Hub, dispatch: Dispatch | None) -> str:
    arguments: dict[str, list[Any]] = {
        "overview": [],
        "set_up": [],
        "export": [],
        "imports": [],
        **{key: [an_import(hub).pk] for key in OF_AN_IMPORT},
        "compose": [hub.page.pk],
        "gather-new": [hub.page.pk],
        "dispatch": [dispatch.pk if dispatch else 0],
        "correct": [dispatch.pk if dispatch else 0],
        "copy": [dispatch.pk if dispatch else 0],
        **{name: [dispatch.pk if dispatch else 0] for name in ("deliveries", "ask_cancel", "uncertain", "rest")},
        "steer": [dispatch.pk if dispatch else 0, "pause"],
        "end_subscription": list(Subscription.objects.values_list("pk", flat=True)[:1]),
        "numbers": [],
        "privacy": [],
        "suppressed": [],
        "bulk": [],
        "bulk_change": [bulk_change()],
        "undo_bulk": [bulk_change()],
        "change": list(Subscription.objects.values_list("pk", flat=True)[:1]),
        "reader": list(Subscriber.objects.values_list("pk", flat=True)[:1]),
        "suppress": list(Subscriber.objects.values_list("pk", flat=True)[:1]),
        "restore": list(Subscription.objects.values_list("pk", flat=True)[:1]),
        "proof": [*Subscriber.objects.values_list("pk", flat=True)[:1], "json"],
        "erase_subscriber": list(Subscriber.objects.values_list("pk", flat=True)[:1]),
    }
    return reverse(f"newsletters_admin:{name}", args=arguments.get(name, [hub.issue.pk]))


def bulk_change() -> int:
    return BulkChange.objects.create(act="end", people=1, worked_at=timezone.now()).pk


def outcome(response: Any) -> Any:
    if response.streaming:
        b"".join(response.streaming_content)  # to its end, which closes the file
    if response.status_code == 302 and response.url.startswith("/admin/login/"):
        return "in"
    if response.status_code == 302 and response.url == "/admin/":
        return "away"  # Wagtail shows "you do not have permission" on the front page
    return response.status_code


def test_every_address_stands_in_the_matrix_for_every_role() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(MATRIX)
    for entry in MATRIX.values():
        assert set(entry) == set(ROLES)


@pytest.mark.parametrize("name", MATRIX)
def test_each_role_may_do_what_the_matrix_says(hub: Hub, name: str) -> None:
    hub.subscribe("ann")
    hub.approve()
    dispatch = hub.start() if name in OF_A_DISPATCH else None
    page = ArticlePage(title="New", slug="new")
    add_page(hub.sections["data"], page)
    address = address_of(name, hub, dispatch)
    for role in ("anonymous", "outsider", "editor", "approver", "administrator"):
        before, client = snapshot(), clients(hub)[role]
        response = client.post(address) if name in POST_ONLY else client.get(address)
        assert outcome(response) == MATRIX[name][role], (name, role)
        if outcome(response) in {"in", "away"}:
            assert snapshot() == before
        elif name == "send":
            ledger.cancel(Dispatch.objects.get(status=Dispatch.Status.SENDING), now=hub.now)


def snapshot() -> tuple[Any, ...]:
    """Return everything that a page for staff could change."""
    pages = tuple(Page.objects.order_by("pk").values_list("pk", "latest_revision", "live"))
    return pages, tuple(Dispatch.objects.values_list("pk", "status")), _rows()


def _rows() -> list[int]:
    return [model.objects.count() for model in (Approval, Schedule, WorkflowState, Workflow)]


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_what_changes_something_is_refused_on_get(hub: Hub, name: str) -> None:
    hub.subscribe("ann")
    address = address_of(name, hub, hub.send())
    for client in list(clients(hub).values())[1:]:
        assert outcome(client.get(address)) in {405, "away"}
    assert clients(hub)["administrator"].get(address).status_code == 405


def test_what_changes_something_asks_for_a_csrf_token(hub: Hub) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(hub.users["administrator"])
    for name in sorted(POST_ONLY):
        assert client.post(address_of(name, hub, None)).status_code == 403


def test_a_double_click_sends_no_form_twice(hub: Hub) -> None:
    hub.subscribe("ann")
    client = clients(hub)["administrator"]
    assert "newsletters/once.js" in client.get(address_of("review", hub, None)).content.decode()
    sent = hub.send()
    for name in (
        "overview",
        "gather-new",
        "dispatch",
        "ask_cancel",
        "end_subscription",
        "restore",
        "erase_subscriber",
        "reader",
        "suppress",
        "change",
        "export",
        "imports",
        "import",
        "undo_import",
    ):
        assert "newsletters/once.js" in client.get(address_of(name, hub, sent)).content.decode(), name


def test_composing_makes_a_draft_and_leads_to_its_editor(hub: Hub) -> None:
    hub.issue.delete()
    client = clients(hub)["editor"]
    response = client.post(address_of("compose", hub, None), follow=True)
    issue = IssuePage.objects.get()
    assert (issue.live, issue.owner.username) == (False, "editor")
    assert response.redirect_chain == [(reverse("wagtailadmin_pages:edit", args=[issue.pk]), 302)]
    page = response.content.decode()
    assert "Open data for all" in page
    assert 'name="action-publish"' not in page
    assert "Review and send" in page


def test_without_an_issue_nobody_is_sent_to_a_button_that_they_do_not_have(hub: Hub) -> None:
    hub.issue.delete()
    for name, words in (
        ("editor", "Make the first one with the button above"),
        ("approver", "the editors make one"),
    ):
        assert words in clients(hub)[name].get(address_of("overview", hub, None)).content.decode()


def test_a_story_that_cannot_be_shown_is_named_and_cannot_be_sent(hub: Hub, monkeypatch: Any) -> None:
    """A plugin's template may raise anything: staff see the name of the story, not a traceback."""

    def render(name: str, context: Any) -> str:
        if context["story"].title == "A town meeting" and not name.startswith("cms/mail/"):
            raise ZeroDivisionError("the card divides by zero")
        return render_to_string(name, context)

    hub.subscribe("ann")
    hub.approve()
    monkeypatch.setattr("newsletters.editions.cards.render_to_string", render)
    client = clients(hub)["approver"]
    page = client.get(address_of("review", hub, None))
    assert page.status_code == 200
    text = page.content.decode()
    assert "fault in the story card of “A town meeting” (ZeroDivisionError: the card divides by zero)" in text
    assert "Plugin “themes”" in text
    assert "Traceback" not in text
    assert address_of("send", hub, None) not in text
    refused = client.post(address_of("send", hub, None), follow=True).content.decode()
    assert "A town meeting" in refused
    assert Dispatch.objects.count() == 0
    assert "A town meeting" in client.get(address_of("preview", hub, None)).content.decode()  # as any page is shown


def test_the_review_costs_the_same_for_few_and_for_many_subscribers(hub: Hub) -> None:
    client = clients(hub)["approver"]

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address_of("review", hub, None)).status_code == 200
        return len(queries)

    hub.subscribe("ann")
    cost()
    few = cost()
    hub.subscribe(*(f"reader{number}" for number in range(100)))
    assert cost() == few


def test_the_progress_costs_the_same_for_few_and_for_many_subscribers(hub: Hub) -> None:
    client = clients(hub)["approver"]

    def cost(*names: str) -> int:
        hub.subscribe(*names)
        dispatch = hub.start()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address_of("dispatch", hub, dispatch)).status_code == 200
        ledger.cancel(dispatch, now=hub.now)
        return len(queries)

    hub.approve()
    cost("warm")
    assert cost("ann") == cost(*(f"reader{number}" for number in range(100)))


def test_the_review_offers_each_edition_that_would_be_sent_in_the_preview(hub: Hub) -> None:
    hub.subscribe("ann", themes=["data"])
    client = clients(hub)["editor"]
    page = BeautifulSoup(client.get(address_of("review", hub, None)).content, "html.parser")
    offered = [str(option["value"]) for option in page.select("[data-edition] option")]
    preview, (theme_set,) = address_of("preview", hub, None), ThemeSet.objects.all()
    assert offered == [f"{preview}?edition={key}" for key in ("en", f"en-{theme_set.pk}", "nl")]
    assert element(page, "[data-hub-viewer] iframe")["src"] == offered[0]
    assert page.select_one("a[href='#checks'] + iframe")  # the mail has dozens of links, each a stop of the Tab key
    assert page.select_one("#checks")
    full, narrow, _dutch = (client.get(address).content.decode() for address in offered)
    assert "A town meeting" in full
    assert "A town meeting" not in narrow


@pytest.fixture
def sent(hub: Hub) -> Dispatch:
    hub.subscribe("ann")
    return hub.send()


def test_an_issue_that_was_sent_cannot_be_edited(hub: Hub, sent: Dispatch) -> None:
    progress = address_of("dispatch", hub, sent)
    edit = reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])
    revisions = IssuePage.objects.get(pk=hub.issue.pk).revisions.count()
    for name in ("editor", "administrator"):
        client = clients(hub)[name]
        assert client.get(edit).headers["Location"] == progress
        assert client.post(edit, {"title": "Changed", "action-publish": "1"}).headers["Location"] == progress
    assert IssuePage.objects.get(pk=hub.issue.pk).revisions.count() == revisions
    assert outcome(clients(hub)["editor"].post(address_of("gather", hub, sent))) == "away"


def test_an_issue_that_was_sent_cannot_be_deleted_nor_what_it_stands_in(hub: Hub, sent: Dispatch) -> None:
    client = clients(hub)["administrator"]
    for page in (hub.issue, hub.page, hub.site.root_page):
        response = client.post(reverse("wagtailadmin_pages:delete", args=[page.pk]), follow=True)
        assert "cannot be deleted" in response.content.decode()
        assert Page.objects.filter(pk=page.pk).exists()
    assert sent.deliveries.count() == 1


def test_an_issue_that_was_sent_cannot_be_deleted_with_others(hub: Hub, sent: Dispatch) -> None:
    client = clients(hub)["administrator"]
    address = reverse("wagtail_bulk_action", args=["wagtailcore", "page", "delete"])
    response = client.post(f"{address}?id={hub.issue.pk}&next=/admin/")
    assert response.status_code < 500
    assert Page.objects.filter(pk=hub.issue.pk).exists()
    assert sent.deliveries.count() == 1


def test_a_draft_can_be_edited_and_deleted(hub: Hub) -> None:
    client = clients(hub)["administrator"]
    assert client.get(reverse("wagtailadmin_pages:edit", args=[hub.issue.pk])).status_code == 200
    client.post(reverse("wagtailadmin_pages:delete", args=[hub.issue.pk]))
    assert not IssuePage.objects.exists()


def test_sending_twice_over_http_makes_one_dispatch(hub: Hub) -> None:
    hub.subscribe("ann")
    hub.approve()
    client = clients(hub)["approver"]
    answers = [client.post(address_of("send", hub, None)) for _click in range(2)]
    assert Dispatch.objects.count() == 1
    assert [answer.status_code for answer in answers] == [302, 302]
    page = client.get(answers[1].headers["Location"], follow=True).content.decode()
    assert "cannot be sent again" in page


def test_approving_needs_the_hash_of_what_was_shown(hub: Hub) -> None:
    Approval.objects.all().delete()
    client = clients(hub)["approver"]
    for wrong in ("", "0" * 64):
        page = client.post(address_of("approve", hub, None), {"content_hash": wrong}, follow=True)
        assert "was changed while you were looking at it" in page.content.decode()
    assert Approval.objects.count() == 0
    right = hub.compile().content_hash
    client.post(address_of("approve", hub, None), {"content_hash": right})
    assert Approval.objects.get().approved_by == hub.users["approver"]


def test_an_approver_pauses_resumes_and_cancels(hub: Hub, sent: Dispatch) -> None:
    client = clients(hub)["approver"]
    seen = []
    for verb in ("pause", "resume", "pause", "cancel", "resume"):
        answer = client.post(reverse("newsletters_admin:steer", args=[sent.pk, verb]), follow=True)
        sent.refresh_from_db()
        (message,) = answer.context["messages"]
        seen.append((sent.status, str(message).partition(":")[0]))
    paused = ("paused", "The sending is paused")
    assert seen[:3] == [paused, ("sending", "The sending has been resumed."), paused]
    assert seen[3:] == [("cancelled", "The sending is cancelled"), ("cancelled", "Nothing was changed")]


def test_the_progress_shows_what_went_wrong_and_leads_to_with_whom(hub: Hub, work: Any) -> None:
    hub.subscribe("ann", "bob")
    dispatch = hub.send()
    work(dispatch, FakeTransport(replies={"bob@example.org": [REFUSED]}))
    client = clients(hub)["approver"]
    page = client.get(address_of("dispatch", hub, dispatch)).content.decode()
    listed = f"{address_of('deliveries', hub, dispatch)}?state=rejected"
    assert f'href="{listed}"' in page
    assert "550 5.1.1" in page
    page = client.get(listed).content.decode()
    assert "bob@example.org" in page
    assert "550 5.1.1 there is no such user" in page
    assert "ann@example.org" not in page
