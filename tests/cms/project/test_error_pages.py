"""What people see when something goes wrong: a page of ours in their language, without internals."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import defaults
from django.views.csrf import csrf_failure

from tests.parts import attribute, element

TITLES = {
    "404": ("There is no page here", "Hier is geen pagina"),
    "403_csrf": ("Please send it once more", "Stuur het nog een keer"),
    "500": ("Something went wrong on our side", "Er ging bij ons iets mis"),
}


def answer_of(name: str) -> HttpResponse:
    request = RequestFactory().get("/")
    if name == "404":
        return defaults.page_not_found(request, Exception())
    return csrf_failure(request) if name == "403_csrf" else defaults.server_error(request)


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_an_error_is_told_in_the_persons_language(db: None, name: str, language: str) -> None:
    with translation.override(language):
        answer = answer_of(name)
    soup = BeautifulSoup(answer.content, "html.parser")
    assert answer.status_code == int(name[:3])
    assert element(soup, "html")["lang"] == language
    assert element(soup, "main h1").text == element(soup, "title").text == TITLES[name][language == "nl"]


@pytest.mark.parametrize("path", ["/nl/nergens/", "/n/i/99999/nl", "/n/s/nothing/nl"])
def test_a_wrong_address_leads_home(client: Client, home_nl: Any, path: str) -> None:
    answer = client.get(path, headers={"Accept-Language": "nl"})
    soup = BeautifulSoup(answer.content, "html.parser")
    assert answer.status_code == 404
    assert element(soup, "main h1").text == "Hier is geen pagina"
    assert attribute(element(soup, "main a"), "href") == "/nl/"
    assert client.get(attribute(element(soup, "main a"), "href")).status_code == 200


def test_a_form_without_its_cookie_is_answered_in_words(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {}, headers={"Accept-Language": "nl"})
    assert answer.status_code == 403
    assert "Stuur het nog een keer" in answer.content.decode()


def test_the_page_of_a_failure_needs_nothing_that_may_have_failed(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        page = render_to_string("500.html")
    assert "<link" not in page
