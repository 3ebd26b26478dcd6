"""Unchanged answers are not built again, and every change shows in the next answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction, Locale, PageViewRestriction, Site

from cms.content import site_tree
from cms.content.version import content_version
from cms.models import ContentChange, SiteSettings
from cms.models.change import ROWS_BETWEEN_PRUNINGS
from cms.pictures.renditions import make_renditions

LATER = timedelta(days=2)
LISTS = [f"/api/v1/{name}" for name in ("site", "pages", "pages?when=coming", "pages?q=open", "sitemap", "newsletters")]
EVERY_ANSWER = [*LISTS, *(f"/api/v1/feed.{form}" for form in ("json", "rss", "atom", "ics"))]


def version(now: datetime | None = None) -> str:
    return content_version(now=now or timezone.now()).value


@pytest.fixture
def content(make_article: Any, make_image: Any, data: Any, home_nl: Any) -> dict[str, Any]:
    image = make_image("Canal")
    article = make_article("open", image=image)
    article.tags.add("Maps")
    article.save()
    document = Document.objects.create(title="Report", file=ContentFile(b"x", name="report.txt"))
    return {"article": article, "image": image, "document": document, "theme": data, "home": home_nl}


@pytest.fixture
def stop_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Stop the clock of all requests at a given time."""
    return lambda at: monkeypatch.setattr("django.utils.timezone.now", lambda: at)


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a page is saved": lambda c: c["article"].save(),
    "a page is published": lambda c: c["article"].save_revision().publish(),
    "a page is unpublished": lambda c: c["article"].unpublish(),
    "a page is deleted": lambda c: c["article"].delete(),
    "a page is moved": lambda c: c["article"].move(c["home"], pos="last-child"),
    "a page gets a theme": lambda c: c["theme"].pages.add(c["article"]),
    "an image is changed": lambda c: c["image"].save(),
    "a rendition is made": lambda c: make_renditions(image=c["image"]),
    "a document is replaced": lambda c: c["document"].save(),
    "a document is deleted": lambda c: c["document"].delete(),
    "a tag is renamed": lambda c: Tag.objects.get().save(),
    "a theme is renamed": lambda c: c["theme"].names.first().save(),
    "a page is restricted": lambda c: PageViewRestriction.objects.create(page=c["article"], restriction_type="login"),
    "a collection is restricted": lambda c: CollectionViewRestriction.objects.create(
        collection=Collection.get_first_root_node(), restriction_type="login"
    ),
    "an address is redirected": lambda c: Redirect.add_redirect("/old", c["article"]),
    "a site is renamed": lambda c: Site.objects.get().save(),
    "the settings are changed": lambda c: SiteSettings.objects.create(site=Site.objects.get(), organisation="Hub"),
    "a language is added": lambda c: Locale.objects.create(language_code="fr"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_content_makes_a_new_version(content: dict[str, Any], change: str) -> None:
    before = version()
    CHANGES[change](content)
    assert version() != before


@pytest.mark.parametrize(("app", "kind"), [("wagtailimages", "image"), ("wagtaildocs", "document")])
def test_files_that_are_moved_to_a_private_collection_together_are_gone_at_once(
    content: dict[str, Any], admin_client: Any, client: Any, app: str, kind: str
) -> None:
    private = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(collection=private, restriction_type="login")
    article, document = content["article"], content["document"]
    article.body = [("document", {"document": document, "label": ""})]
    article.save()
    make_renditions(image=content["image"])
    address, word = f"/api/v1/pages/{article.pk}", {"image": "canal", "document": f"/documents/{document.pk}"}[kind]
    etag = client.get(address)["ETag"]
    assert word in client.get(address).content.decode()
    action = reverse("wagtail_bulk_action", args=[app, kind, "add_to_collection"])
    asked = f"{action}?id={content[kind].pk}&next=/admin/"
    assert admin_client.post(asked, {"collection": private.pk}).status_code == 302
    answer = client.get(address, headers={"if-none-match": etag})
    assert answer.status_code == 200
    assert word not in answer.content.decode()


def test_what_is_no_content_makes_no_new_version(content: dict[str, Any], admin_user: Any, client: Any) -> None:
    before = version()
    client.force_login(admin_user)
    client.get("/api/v1/pages")
    admin_user.save()
    assert version() == before


def test_a_change_that_is_rolled_back_makes_no_new_version(content: dict[str, Any]) -> None:
    before = version()
    with transaction.atomic():
        content["article"].save()
        transaction.set_rollback(True)
    assert version() == before


def test_the_version_changes_when_a_page_expires(content: dict[str, Any]) -> None:
    content["article"].expire_at = timezone.now() + LATER
    content["article"].save()
    moment = content["article"].expire_at
    assert version(moment - timedelta(seconds=1)) == version()
    assert version(moment) != version()


def test_old_changes_are_pruned_and_those_to_come_stay(db: None) -> None:
    now = timezone.now()
    ContentChange.note(at=now + LATER, now=now)
    for _ in range(2 * ROWS_BETWEEN_PRUNINGS):
        ContentChange.note(at=now - LATER, now=now)
    assert ContentChange.objects.count() <= ROWS_BETWEEN_PRUNINGS + 2
    assert ContentChange.objects.filter(at__gt=now).count() == 1


def test_an_unchanged_answer_is_a_304_that_costs_one_query(
    client: Any, content: dict[str, Any], stop_clock: Any
) -> None:
    stop_clock(timezone.now())
    article = content["article"]
    for address in (*EVERY_ANSWER, f"/api/v1/pages/{article.pk}", f"/api/v1/resolve?path={article.url}"):
        etag = client.get(address)["ETag"]
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            again = client.get(address, headers={"if-none-match": etag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
        assert len(queries) == 1
        assert {"Cache-Control", "Vary"} <= set(again.headers)


def test_a_kept_answer_is_the_same_and_costs_one_query(client: Any, content: dict[str, Any], stop_clock: Any) -> None:
    stop_clock(timezone.now())
    article = content["article"]
    for address in (*EVERY_ANSWER, f"/api/v1/pages/{article.pk}", f"/api/v1/resolve?path={article.url}"):
        first = client.get(address)
        with CaptureQueriesContext(connection) as queries:
            second = client.get(address)
        assert len(queries) == 1
        assert (second.content, second.headers) == (first.content, first.headers)


def test_a_change_shows_in_the_next_answer(client: Any, content: dict[str, Any]) -> None:
    address = f"/api/v1/pages/{content['article'].pk}"
    etag = client.get(address)["ETag"]
    content["article"].title = "Closed data"
    content["article"].save_revision().publish()
    answer = client.get(address, headers={"if-none-match": etag})
    assert answer.status_code == 200
    assert answer.json()["title"] == "Closed data"
    assert answer["ETag"] != etag


def test_what_is_loaded_once_is_loaded_anew_after_a_change(client: Any, content: dict[str, Any]) -> None:
    address = f"/api/v1/pages/{content['article'].pk}"
    assert client.get(address).status_code == 200
    PageViewRestriction.objects.create(page=content["article"], restriction_type="login")
    assert client.get(address).status_code == 404


def test_addresses_languages_and_representations_have_answers_of_their_own(client: Any, content: Any) -> None:
    addresses = ["/api/v1/pages", "/api/v1/pages?limit=1", "/api/v1/pages?locale=nl", "/api/v1/site"]
    assert len({client.get(address)["ETag"] for address in addresses}) == len(addresses)


def test_an_answer_is_the_same_whatever_language_the_browser_speaks(client: Any, content: dict[str, Any]) -> None:
    for address in (*EVERY_ANSWER, "/api/v1/pages?limit=x", "/api/v1/docs", f"/api/v1/pages/{content['article'].pk}"):
        english, dutch = (client.get(address, headers={"accept-language": code}) for code in ("en", "nl"))
        cache.clear()
        fresh = client.get(address, headers={"accept-language": "nl"})
        assert english.content == dutch.content == fresh.content, address
        assert "accept-language" not in english.get("Vary", "").lower(), address
        assert "Content-Language" not in english or "/feed." in address
    assert client.get("/api/v1/feed.rss?locale=nl")["Content-Language"] == "nl"


@pytest.mark.parametrize("address", ["/api/v1/pages/999999", "/api/v1/pages?limit=x", "/api/v1/nothing"])
def test_errors_are_not_kept(client: Any, content: dict[str, Any], address: str) -> None:
    answer = client.get(address)
    assert answer.status_code >= 400
    assert not {"ETag", "Last-Modified"} & set(answer.headers)


def test_a_preview_is_never_kept_nor_unchanged(client: Any, content: dict[str, Any]) -> None:
    answer = client.get("/api/v1/preview/unknown", headers={"if-none-match": "*"})
    assert answer.status_code == 404
    assert "ETag" not in answer


def test_times_are_given_once_their_second_is_over(client: Any, content: dict[str, Any]) -> None:
    ContentChange.objects.all().delete()
    ContentChange.note(at=timezone.now(), now=timezone.now())
    assert "Last-Modified" not in client.get("/api/v1/site")
    ContentChange.objects.update(at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    answer = client.get("/api/v1/site")
    assert answer["Last-Modified"] == "Mon, 02 Nov 2026 09:30:00 GMT"
    assert client.get("/api/v1/site", headers={"if-modified-since": answer["Last-Modified"]}).status_code == 304
    earlier = "Mon, 02 Nov 2026 09:29:59 GMT"
    assert client.get("/api/v1/site", headers={"if-modified-since": earlier}).status_code == 200


def test_head_has_the_headers_of_get(client: Any, content: dict[str, Any]) -> None:
    assert client.head("/api/v1/site")["ETag"] == client.get("/api/v1/site")["ETag"]


def test_the_answer_names_its_pages_for_a_cdn_that_purges_by_key(client: Any, content: dict[str, Any]) -> None:
    key = content["article"].pk
    assert client.get(f"/api/v1/pages/{key}")["Surrogate-Key"].split() == ["content", f"page-{key}"]
    assert f"page-{key}" in client.get("/api/v1/pages")["Surrogate-Key"].split()


def test_a_configured_website_may_read_the_validators(client: Any, content: dict[str, Any], settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://www.hub.test"]
    answer = client.get("/api/v1/site", headers={"origin": "https://www.hub.test"})
    assert answer["Access-Control-Allow-Origin"] == "https://www.hub.test"
    assert {"ETag", "Retry-After"} <= set(answer["Access-Control-Expose-Headers"].split(", "))
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/site", headers={"origin": "https://else.test"})


def test_a_configured_website_may_ask_what_has_changed(client: Any, content: dict[str, Any], settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://www.hub.test"]
    asked = {"origin": "https://www.hub.test", "access-control-request-headers": "if-none-match, if-modified-since"}
    answer = client.options("/api/v1/site", headers={**asked, "access-control-request-method": "GET"})
    assert {"if-none-match", "if-modified-since", "content-type"} <= set(
        answer["Access-Control-Allow-Headers"].split(", ")
    )


def test_a_website_is_told_of_the_methods_that_there_are_and_of_no_others(client: Any, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://www.hub.test"]
    paths = client.get("/api/v1/openapi.json").json()["paths"].values()
    methods = {method.upper() for operations in paths for method in operations} | {"HEAD"}
    asked = {"origin": "https://www.hub.test", "access-control-request-method": "DELETE"}
    answer = client.options("/api/v1/site", headers=asked)
    assert set(answer["Access-Control-Allow-Methods"].split(", ")) == methods


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/pages/999999", 404),
        ("/api/v1/resolve?path=/nowhere/", 404),
        ("/api/v1/newsletters/none", 404),
        ("/api/v1/nothing", 404),
        ("/api/nothing", 404),
        ("/api/v1/pages?limit=x", 422),
        ("/api/v1/pages?limt=1", 422),
        ("/api/v1/pages?locale=fr", 422),
    ],
)
def test_a_problem_may_be_kept_for_a_moment(client: Any, site: Any, address: str, status: int) -> None:
    for answer in (client.get(address), client.head(address)):
        assert answer.status_code == status
        assert answer["Cache-Control"] == "public, max-age=10"
        assert answer["Surrogate-Key"] == "content"


def test_no_other_problem_may_be_kept(client: Any, site: Any) -> None:
    assert "no-store" in client.get("/api/v1/preview/unknown")["Cache-Control"]
    assert "Cache-Control" not in client.post("/api/v1/pages")
    wrong = client.post("/api/v1/newsletters/none/subscriptions", data={}, content_type="application/json")
    assert (wrong.status_code, "Cache-Control" in wrong) == (422, False)


def test_the_document_is_not_sent_again_if_it_is_the_same(client: Any, site: Any) -> None:
    first = client.get("/api/v1/openapi.json")
    again = client.get("/api/v1/openapi.json", headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_coming_activities_pass(client: Any, activity: Any) -> None:
    activity.starts_at = timezone.now() - LATER
    activity.ends_at = timezone.now() + LATER
    activity.save()
    assert client.get("/api/v1/pages?when=coming").json()["count"] == 1
    assert client.get("/api/v1/pages?when=past").json()["count"] == 0
    type(activity).objects.update(ends_at=timezone.now() - timedelta(days=1))  # as if time had passed
    site_tree.forget()
    cache.clear()
    assert client.get("/api/v1/pages?when=coming").json()["count"] == 0
    assert client.get("/api/v1/pages?when=past").json()["count"] == 1


@pytest.mark.parametrize("address", ["/api/v1/pages?when=coming", "/api/v1/feed.ics"])
def test_what_passes_with_time_is_new_though_nobody_changed_it(
    client: Any, content: dict[str, Any], address: str, stop_clock: Callable[[datetime], None]
) -> None:
    ContentChange.objects.update(at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    stop_clock(datetime(2026, 11, 25, 9, 30, 40, tzinfo=UTC))
    before = client.get(address)
    assert before["Last-Modified"] == "Wed, 25 Nov 2026 09:30:00 GMT"
    assert client.get(address, headers={"if-none-match": before["ETag"]}).status_code == 304
    stop_clock(datetime(2026, 11, 25, 9, 31, 2, tzinfo=UTC))
    for condition in {"if-none-match": before["ETag"]}, {"if-modified-since": before["Last-Modified"]}:
        assert client.get(address, headers=condition).status_code == 200
    assert client.get("/api/v1/site", headers={"if-modified-since": before["Last-Modified"]}).status_code == 304
