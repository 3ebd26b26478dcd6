"""Every page has a Content-Security-Policy; pages that set their own keep it."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from cms.project.csp import API_DOCS, HEADER, STRICT, csp_middleware

PLAIN = {
    "plain page": "/en/",
    "not found": "/en/nothing/",
    "redirect": "/",
    "api": "/api/v1/site",
    "api, not found": "/api/v1/nothing",
    "health": "/healthz",
    "document": "/documents/1/x.pdf",
    "online issue": "/n/i/1/en",
    "broken link": "/n/u/x",
}


@pytest.mark.parametrize("address", PLAIN.values(), ids=PLAIN)
def test_a_page_may_neither_run_scripts_nor_load_from_elsewhere(client: Any, site: Any, address: str) -> None:
    response = client.get(address)
    assert response.headers[HEADER] == STRICT
    assert "script" not in response.headers[HEADER]
    assert "http" not in response.headers[HEADER]


def test_the_apis_documentation_runs_our_own_scripts(client: Any, site: Any) -> None:
    response = client.get("/api/v1/docs")
    assert response.headers[HEADER] == API_DOCS
    assert "script-src 'self';" in API_DOCS
    assert "//cdn" not in response.content.decode()


def test_the_admin_has_none(client: Any, admin_client: Any, site: Any) -> None:
    for response in (client.get("/admin/login/"), admin_client.get(reverse("wagtailadmin_home"))):
        assert response.status_code == 200
        assert HEADER not in response.headers


def test_a_page_that_brings_a_policy_keeps_it() -> None:
    own = HttpResponse(headers={HEADER: "default-src 'self'"})
    request = HttpRequest()
    request.path = "/anything"
    assert csp_middleware(lambda request: own)(request).headers[HEADER] == "default-src 'self'"


@pytest.mark.parametrize(("debug", "expected"), [(True, None), (False, STRICT)])
def test_djangos_own_error_pages_can_be_read_while_developing(settings: Any, debug: bool, expected: Any) -> None:
    settings.DEBUG = debug
    request = HttpRequest()
    request.path = "/anything"
    response = csp_middleware(lambda request: HttpResponse(status=404))(request)
    assert response.headers.get(HEADER) == expected
