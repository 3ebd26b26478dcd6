"""What webhooks announce when a page changes: every public change, and nothing that the public may not see."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site

from cms.models import HomePage, RolePage, WebhookDelivery, WebhookEndpoint
from tests.conftest import add_page
from themes.models import ArticlePage, ThemePage

Heard = Callable[..., list[tuple[str, dict[str, Any]]]]

pytestmark = pytest.mark.usefixtures("endpoint")


@pytest.fixture
def article(make_article: Any, endpoint: WebhookEndpoint, heard: Heard) -> ArticlePage:
    page = make_article("open-data", title="Open data")
    heard()
    return page


def names(events: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [name for name, _ in events]


def restrict(page: Page) -> PageViewRestriction:
    return PageViewRestriction.objects.create(page=page, restriction_type="login")


def test_publishing_tells_where_the_page_stands(article: ArticlePage, heard: Heard, client: Any) -> None:
    article.title = "Open data for all"
    article.save_revision().publish()
    ((name, data),) = heard()
    item = client.get(f"/api/v1/pages/{article.pk}").json()
    assert name == "page.published"
    assert data["page"] == {key: item[key] for key in ("id", "type", "title", "locale", "path", "url")}
    assert data["page"]["title"] == "Open data for all"
    assert data["surrogate_keys"] == [f"page-{article.pk}"]


def test_the_message_has_id_type_time_and_data(article: ArticlePage) -> None:
    article.save_revision().publish()
    row = WebhookDelivery.objects.latest("pk")
    message = json.loads(row.body)
    assert list(message) == ["id", "type", "timestamp", "data"]
    assert message["id"] == str(row.event_id)
    assert message["type"] == row.event
    assert message["timestamp"].endswith("Z")
    assert abs(datetime.fromisoformat(message["timestamp"]) - row.created_at) < timedelta(milliseconds=1)


def test_drafts_send_nothing(article: ArticlePage, theme_page: ThemePage, heard: Heard) -> None:
    article.title = "Not yet"
    article.save_revision()
    draft = add_page(theme_page, ArticlePage(title="Draft", slug="draft"), live=False)
    draft.slug = "draft-two"
    draft.save()
    draft.save_revision()
    draft.delete()
    assert heard() == []


def test_a_page_that_an_app_adds_as_live_is_told(theme_page: ThemePage, heard: Heard) -> None:
    heard()
    add_page(theme_page, ArticlePage(title="New", slug="new"))
    assert names(heard()) == ["page.published"]


def test_saving_what_is_not_published_again_tells_nothing(article: ArticlePage, heard: Heard) -> None:
    article.summary = "Changed"
    article.save()
    article.save(update_fields=["summary"])
    assert heard() == []


def test_unpublishing_tells_which_page_it_was(article: ArticlePage, heard: Heard) -> None:
    article.unpublish()
    ((name, data),) = heard()
    assert (name, data["page"]["path"]) == ("page.unpublished", "/en/themes/data/open-data/")
    article.unpublish()
    assert heard() == []


def test_unpublishing_a_branch_tells_of_each_page(
    article: ArticlePage, theme_page: ThemePage, heard: Heard, admin_user: Any
) -> None:
    from wagtail.actions.unpublish_page import UnpublishPageAction

    UnpublishPageAction(theme_page, user=admin_user, include_descendants=True).execute()
    assert [(name, data["page"]["title"]) for name, data in heard()] == [
        ("page.unpublished", "Data"),
        ("page.unpublished", "Open data"),
    ]


def test_moving_tells_old_and_new_path_of_each_page_of_the_branch(
    article: ArticlePage, theme_page: ThemePage, home_en: HomePage, heard: Heard, client: Any
) -> None:
    theme_page.move(home_en, pos="last-child")
    events = heard()
    assert names(events) == ["page.moved", "page.moved"]
    assert [(data["old_path"], data["page"]["path"]) for _, data in events] == [
        ("/en/themes/data/", "/en/data/"),
        ("/en/themes/data/open-data/", "/en/data/open-data/"),
    ]
    assert client.get(f"/api/v1/pages/{article.pk}").json()["path"] == "/en/data/open-data/"


def test_a_new_order_among_siblings_tells_nothing(article: ArticlePage, make_article: Any, heard: Heard) -> None:
    other = make_article("other")
    heard()
    other.move(article, pos="left")
    assert heard() == []


def test_a_new_slug_is_a_move_of_the_branch(article: ArticlePage, theme_page: ThemePage, heard: Heard) -> None:
    theme_page.slug = "open"
    theme_page.save_revision().publish()
    events = heard()
    assert sorted(names(events)) == ["page.moved", "page.moved", "page.published"]
    moved = {data["old_path"]: data["page"]["path"] for name, data in events if name == "page.moved"}
    assert moved == {"/en/themes/data/": "/en/themes/open/", "/en/themes/data/open-data/": "/en/themes/open/open-data/"}


def test_a_new_slug_of_a_front_page_moves_nothing(
    article: ArticlePage, home_en: HomePage, heard: Heard, client: Any
) -> None:
    client.get(f"/api/v1/pages/{article.pk}")  # Wagtail keeps the roots' paths in its cache
    home_en.slug = "start-page"
    home_en.save_revision().publish()
    ((name, data),) = heard()
    assert (name, data["page"]["path"]) == ("page.published", "/en/")


def test_deleting_tells_of_each_page_of_the_branch(article: ArticlePage, theme_page: ThemePage, heard: Heard) -> None:
    theme_page.delete()
    events = heard()
    assert {(name, data["page"]["path"]) for name, data in events} == {
        ("page.deleted", "/en/themes/data/"),
        ("page.deleted", "/en/themes/data/open-data/"),
    }
    assert len(events) == 2


def test_deleting_by_queryset_tells_too(article: ArticlePage, heard: Heard) -> None:
    Page.objects.filter(pk=article.pk).delete()
    assert names(heard()) == ["page.deleted"]


def test_scheduled_pages_are_told_when_the_command_publishes_them(theme_page: ThemePage, heard: Heard) -> None:
    heard()
    soon = timezone.now() + timedelta(hours=1)
    page = add_page(theme_page, ArticlePage(title="Soon", slug="soon", go_live_at=soon), live=False)
    revision = page.save_revision()
    revision.publish()
    assert heard() == []
    type(revision).objects.filter(pk=revision.pk).update(approved_go_live_at=timezone.now() - timedelta(minutes=1))
    revision.refresh_from_db()
    revision.content["go_live_at"] = None
    revision.save()
    call_command("publish_scheduled")
    assert names(heard()) == ["page.published"]


def test_expired_pages_are_told_when_the_command_takes_them_down(article: ArticlePage, heard: Heard) -> None:
    Page.objects.filter(pk=article.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    call_command("publish_scheduled")
    ((name, data),) = heard()
    assert (name, data["page"]["title"]) == ("page.unpublished", "Open data")


def test_an_expired_page_that_is_deleted_is_told(article: ArticlePage, heard: Heard) -> None:
    Page.objects.filter(pk=article.pk).update(expire_at=timezone.now() - timedelta(minutes=1))
    Page.objects.get(pk=article.pk).delete()
    assert names(heard()) == ["page.deleted"]


def test_hiding_a_branch_says_id_and_type_only(article: ArticlePage, theme_page: ThemePage, heard: Heard) -> None:
    restrict(theme_page)
    events = heard()
    assert names(events) == ["page.unpublished", "page.unpublished"]
    assert [data["page"] for _, data in events] == [
        {"id": theme_page.pk, "type": "theme"},
        {"id": article.pk, "type": "article"},
    ]
    assert [data["surrogate_keys"] for _, data in events] == [[f"page-{theme_page.pk}"], [f"page-{article.pk}"]]


def test_the_words_of_a_restricted_page_never_leave(article: ArticlePage, theme_page: ThemePage, home_en: Any) -> None:
    restrict(theme_page)
    article.title, article.slug = "canary", "canary"
    article.save_revision().publish()
    theme_page.move(home_en, pos="last-child")
    article.refresh_from_db()
    article.unpublish()
    article.save_revision().publish()
    WebhookDelivery.objects.update(event="page.unpublished")
    Page.objects.get(pk=article.pk).delete()
    Page.objects.get(pk=theme_page.pk).delete()
    bodies = list(WebhookDelivery.objects.values_list("event", "body"))
    assert not [body for _, body in bodies if "canary" in body]
    assert {event for event, _ in bodies} == {"page.unpublished"}


def test_lifting_a_restriction_publishes_the_branch(article: ArticlePage, theme_page: ThemePage, heard: Heard) -> None:
    restriction = restrict(theme_page)
    heard()
    restriction.delete()
    assert [(name, data["page"]["title"]) for name, data in heard()] == [
        ("page.published", "Data"),
        ("page.published", "Open data"),
    ]


def test_a_restriction_that_falls_with_its_page_tells_nothing(article: ArticlePage, heard: Heard) -> None:
    restrict(article)
    heard()
    Page.objects.get(pk=article.pk).delete()
    assert heard() == []


def test_moving_behind_a_restriction_takes_down_and_back_publishes(
    article: ArticlePage, theme_page: ThemePage, home_en: HomePage, heard: Heard
) -> None:
    gate = add_page(home_en, ThemePage(title="Gate", slug="gate", theme=theme_page.theme))
    restrict(gate)
    heard()
    article.move(gate, pos="last-child")
    assert heard() == [
        ("page.unpublished", {"page": {"id": article.pk, "type": "article"}, "surrogate_keys": [f"page-{article.pk}"]})
    ]
    Page.objects.get(pk=article.pk).move(Page.objects.get(pk=theme_page.pk), pos="last-child")
    assert names(heard()) == ["page.published"]


def test_an_endpoint_hears_only_of_its_site(
    article: ArticlePage, make_endpoint: Any, endpoint: WebhookEndpoint, heard: Heard
) -> None:
    other_home = add_page(Page.objects.get(depth=1), HomePage(title="Other", slug="other"))
    other_site = Site.objects.create(hostname="other.test", root_page=other_home)
    other = make_endpoint("https://other.example/hook", site=other_site)
    add_page(other_home, RolePage(title="Theirs", slug="theirs"))
    article.save_revision().publish()
    assert [data["page"]["title"] for _, data in heard(other)] == ["Theirs"]
    assert [data["page"]["title"] for _, data in heard(endpoint)] == ["Open data"]


def test_an_endpoint_hears_only_what_it_chose(article: ArticlePage, make_endpoint: Any, heard: Heard) -> None:
    other = make_endpoint("https://other.example/hook", events=["page.deleted"])
    article.save_revision().publish()
    article.delete()
    assert names(heard(other)) == ["page.deleted"]


def test_all_who_hear_of_an_event_hear_the_same_id(article: ArticlePage, make_endpoint: Any, heard: Heard) -> None:
    make_endpoint("https://other.example/hook")
    article.save_revision().publish()
    rows = WebhookDelivery.objects.order_by("-pk")[:2]
    assert rows[0].event_id == rows[1].event_id
    assert rows[0].endpoint_id != rows[1].endpoint_id


def test_who_is_switched_off_hears_nothing(article: ArticlePage, endpoint: WebhookEndpoint, heard: Heard) -> None:
    endpoint.switch_off(reason=WebhookEndpoint.Off.BY_HAND)
    article.save_revision().publish()
    assert heard() == []


def test_the_outbox_is_rolled_back_with_the_change(
    article: ArticlePage, django_capture_on_commit_callbacks: Any
) -> None:
    before = WebhookDelivery.objects.count()
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        article.save_revision().publish()
        assert WebhookDelivery.objects.count() == before + 1
        transaction.set_rollback(True)
    assert WebhookDelivery.objects.count() == before
    assert callbacks == []


def test_a_task_starts_once_the_change_is_committed(
    article: ArticlePage, endpoint: WebhookEndpoint, django_capture_on_commit_callbacks: Any
) -> None:
    from django_tasks_db.models import DBTaskResult

    DBTaskResult.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        article.save_revision().publish()
        assert not DBTaskResult.objects.filter(task_path__contains="webhooks").exists()
    (task,) = DBTaskResult.objects.filter(task_path__contains="webhooks")
    assert task.args_kwargs["args"] == [endpoint.pk]


def test_without_anybody_who_listens_a_save_costs_two_queries_more(
    article: ArticlePage, endpoint: WebhookEndpoint, django_assert_num_queries: Any
) -> None:
    from cms.webhooks import changes

    endpoint.delete()
    with django_assert_num_queries(2):
        changes._before_save(instance=article, raw=False, update_fields=None)  # noqa: SLF001 - the save itself is not counted
        changes._after_save(instance=article, created=False)  # noqa: SLF001 - as above
