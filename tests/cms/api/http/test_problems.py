"""Errors of the Content API: each is a problem (RFC 9457) that says what is wrong and reveals no internals."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cms.api.http.request_body import MAX_BODY_BYTES

PAGES = "/api/v1/pages"


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"fields": "*"}, "fields"),
        ({"title__startswith": "x"}, "title__startswith"),
        ({"limit": 101}, "limit"),
        ({"limit": 0}, "limit"),
        ({"offset": 5001}, "offset"),
        ({"offset": -1}, "offset"),
        ({"order": "owner__password"}, "order"),
        ({"type": "issue-of-nothing"}, "type.0"),
        ({"q": "x" * 101}, "q"),
        ({"parent": "x"}, "parent"),
        ({"parent": 10**30}, "parent"),
        ({"tag": "a\0b"}, "tag.0"),
        ({"theme": "it's"}, "theme.0"),
        ({"locale": "n l"}, "locale"),
        ({"published_from": "yesterday"}, "published_from"),
        ({"published_to": "2026"}, "published_to"),
        ({"starts_from": "0.5"}, "starts_from"),
    ],
)
def test_a_parameter_that_is_not_understood_is_named(client: Any, site: Any, params: Any, name: str) -> None:
    response = client.get(PAGES, params)
    assert response.status_code == 422
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == 422
    assert [(each["location"], each["name"]) for each in problem["errors"]] == [("query", name)]
    assert all(each["message"] for each in problem["errors"])


@pytest.mark.parametrize(
    "params",
    [
        {"published_from": "0001-01-01"},
        {"published_to": "9999-12-31T23:59:59"},
        {"starts_from": "0001-01-01T00:00:00+14:00"},
        {"year": 10**30},
        {"year": -(10**30)},
        {"q": "ĳ ﬁ \u202e 💛"},
    ],
)
def test_far_ends_are_no_error(client: Any, site: Any, params: Any) -> None:
    assert client.get(PAGES, params).status_code == 200
    assert client.get(f"{PAGES}/{10**30}").status_code == 404


def test_a_missing_page_is_a_problem(client: Any, site: Any) -> None:
    response = client.get(f"{PAGES}/99999")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["title"] == "Not Found"


def test_an_address_that_is_no_route_is_a_problem_and_no_redirect(client: Any, site: Any) -> None:
    for path in ("/api/", "/api", "/api/v1/nothing", "/api/v2/pages", "/api/v1/pages/"):
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json"), path
        response = Client(enforce_csrf_checks=True).post(path)
        assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json"), path


def test_only_reading_is_allowed(client: Any, site: Any) -> None:
    for method in (client.post, client.put, client.patch, client.delete):
        response = method(PAGES)
        assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
        assert response["Allow"] == "GET, HEAD"
    assert client.head(PAGES).status_code == 200


def test_the_document_and_its_page_are_only_read() -> None:
    client = Client(enforce_csrf_checks=True)
    for path in ("/api/v1/openapi.json", "/api/v1/docs"):
        assert client.head(path).status_code == 200
        response = client.post(path)
        assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
        assert response["Allow"] == "GET, HEAD"


SUBSCRIPTIONS = "/api/v1/newsletters/any/subscriptions"


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_of_another_media_type_is_refused(client: Any, site: Any, media_type: str) -> None:
    response = client.generic("POST", SUBSCRIPTIONS, b"{}", content_type=media_type)
    assert (response.status_code, response["Content-Type"]) == (415, "application/problem+json")


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 3_000_000])
def test_a_body_that_is_too_large_is_refused(client: Any, site: Any, size: int) -> None:
    response = client.post(SUBSCRIPTIONS, b" " * size, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (413, "application/problem+json")
    response = client.post(SUBSCRIPTIONS, b" " * MAX_BODY_BYTES, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("body", [b" ", b"{", b"\xff", b"[" * 60_000, b"{}", b"[]", b"null"])
def test_a_body_that_is_not_understood_is_a_problem(client: Any, site: Any, body: bytes) -> None:
    response = client.post(SUBSCRIPTIONS, body, content_type="application/json; charset=utf-8")
    assert response.status_code == (422 if body in {b"{}", b"[]", b"null"} else 400)
    assert response["Content-Type"] == "application/problem+json"


def test_an_error_of_ours_tells_no_inside(client: Any, site: Any, monkeypatch: Any, settings: Any) -> None:
    def fail(**kwargs: Any) -> None:
        raise RuntimeError("canary-of-the-inside")

    monkeypatch.setattr("cms.api.routes.pages.build_summaries", fail)
    client.raise_request_exception = False
    for debug in (False, True):
        settings.DEBUG = debug
        response = client.get(PAGES)
        assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
        assert b"canary" not in response.content
