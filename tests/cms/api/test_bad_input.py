"""Whatever the input, every operation answers as its description allows: no 500, no traceback, one shape."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.newsletters.building import Hub, build_hub, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("bad input")]

API = "/api/v1"
HOSTILE = [
    *("' OR 1=1 --", '"; DROP TABLE wagtailcore_page; --', "1) UNION SELECT password FROM auth_user --", "%' OR ''='"),
    *(
        "<script>alert(1)</script>",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "../../../etc/passwd",
        "..%2f..%2fetc",
        "\\",
        "%",
        "*",
    ),
    *(
        "-1",
        "1e309",
        "NaN",
        "0x10",
        "1.5",
        "٣",
        "9" * 40,
        "null",
        "[]",
        "true",
        "",
        " ",
        "\t\r\n",
        "\0",
        "\ufffe",
        "💛",
    ),
    *(
        "x" * 5000,
        "a/" * 400,
        "NEAR(",
        '"unclosed',
        "title:x",
        "OR",
        "AND NOT",
        "^",
        "-",
        "++",
        "2026-13-45",
        "9999-12-31",
    ),
]
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"}
RAW = ["%ff%fe", "%00", "%C0%AF", "%ED%A0%80", "%25%30%30"]  # no UTF-8, NUL, overlong, half a pair, encoded twice


@pytest.fixture(scope="module")
def hub(django_db_setup: None, django_db_blocker: Any) -> Any:
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock():
            hub = build_hub()
            hub.subscribe("ann")
            hub.send()
        yield hub


@pytest.fixture(scope="module")
def document(hub: Hub, django_db_blocker: Any) -> dict[str, Any]:
    with django_db_blocker.unblock():
        return Client().get(f"{API}/openapi.json").json()


def see(response: Any, *allowed: int, where: Any) -> None:
    assert response.status_code in allowed, (where, response.status_code, response.content[:300])
    if response.status_code >= 400 and response.content:
        assert response["Content-Type"] == "application/problem+json", where
        assert response.json()["status"] == response.status_code
    for word in (b"Traceback", b"django", b"sqlite", b"psycopg"):
        assert word not in response.content[:2000].lower(), where


def readable(document: dict[str, Any], hub: Hub) -> dict[str, dict[str, Any]]:
    """Return the read operations, each with an address at which it returns something."""
    known = {"{slug}": "letter", "{issue}": hub.issue.slug, "{page_id}": str(hub.page.pk), "{token}": "x"}
    found = {}
    for path, operations in document["paths"].items():
        address = path
        for name, value in known.items():
            address = address.replace(name, value)
        if "get" in operations:
            found[address] = operations["get"]
    return found


def test_no_value_of_any_parameter_is_an_error_of_ours(client: Any, hub: Hub, document: dict[str, Any]) -> None:
    asked = 0
    for address, operation in readable(document, hub).items():
        needed = "path=/en/&" if address.endswith("/resolve") else ""
        for parameter in (each["name"] for each in operation["parameters"] if each["in"] == "query"):
            for value in [*(quote(each, safe="") for each in HOSTILE), *RAW]:
                rest = f"{'' if parameter == 'path' else needed}{parameter}={value}"
                see(client.get(f"{address}?{rest}"), 200, 404, 422, where=(address, rest[:80]))
                asked += 1
    assert asked > 1000


def test_no_part_of_any_path_is_an_error_of_ours(client: Any, hub: Hub, document: dict[str, Any]) -> None:
    for path in document["paths"]:
        for value in [*(quote(each, safe="") for each in HOSTILE), *RAW, "a/" * 400]:
            for address in (path[: path.index("{")] + value if "{" in path else f"{path}/{value}", f"{API}/{value}"):
                see(client.get(address), 200, 404, where=address[:80])


def every_pair(*choices: list[str]) -> set[tuple[str, ...]]:
    """Return combinations that contain every pair of values from two choices, and the first value of the others."""
    firsts = [choice[0] for choice in choices]
    return {
        tuple(chosen if index in pair else firsts[index] for index, chosen in enumerate(row))
        for pair in combinations(range(len(choices)), 2)
        for row in product(*choices)
    }


def test_all_orders_types_and_filters_go_together(client: Any, hub: Hub, document: dict[str, Any]) -> None:
    parameters = {each["name"]: each["schema"] for each in document["paths"][f"{API}/pages"]["get"]["parameters"]}
    orders, types = parameters["order"]["enum"], parameters["type"]["items"]["enum"]
    filters = [
        "",
        "q=open",
        "when=coming",
        "when=past",
        "kind=project",
        "year=2019",
        "theme=data",
        "tag=none",
        "when=past&year=1",
    ]
    for order, kind, narrow in every_pair(["", *orders], ["", *types], filters):
        query = "&".join(filter(None, [f"order={order}" if order else "", f"type={kind}" if kind else "", narrow]))
        answer = client.get(f"{API}/pages?{query}")
        see(answer, 200, where=query)
        assert answer.json()["count"] == len(answer.json()["items"]), query


def test_every_other_method_is_a_problem_that_names_those_there_are(hub: Hub, document: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    for path, operations in document["paths"].items():
        address = path.replace("{page_id}", "1").replace("{slug}", "letter").replace("{issue}", "x")
        address = address.replace("{token}", "x").replace("{id}", "5b8f6d0c-92f5-4d0b-8f6f-3c1f0a7e4d21")
        allowed = {method.upper() for method in operations} | ({"HEAD"} if "get" in operations else set())
        for method in METHODS - allowed:
            answer = client.generic(method, address)
            see(answer, 405, where=(method, address))
            assert set(answer["Allow"].split(", ")) == allowed, (method, address)


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": ";;,q=,*/*;q=x"},
        {"accept": "text/" + "x" * 5000},
        {"accept-language": "*;q=2,,\x7f"},
        {"if-none-match": 'W/"x, "y'},
        {"if-modified-since": "yesterday"},
        {"if-modified-since": "Thu, 99 Foo 99999 99:99:99 GMT"},
        {"range": "bytes=0-1,5-"},
        {"origin": "null"},
        {"cookie": "sessionid=' OR 1=1; csrftoken=\x7f"},
        {"content-type": "application/json; charset=nonsense"},
    ],
)
def test_no_header_is_an_error_of_ours(client: Any, hub: Hub, document: dict[str, Any], headers: Any) -> None:
    for address in readable(document, hub):
        query = "?path=/en/" if address.endswith("/resolve") else ""
        see(client.get(f"{address}{query}", headers=headers), 200, 404, where=address)


def test_a_language_that_the_hub_has_not_is_named(client: Any, hub: Hub, document: dict[str, Any]) -> None:
    asked = 0
    for address, operation in readable(document, hub).items():
        if "locale" in {each["name"] for each in operation["parameters"]}:
            query = "path=/en/&" if address.endswith("/resolve") else ""
            answer = client.get(f"{address}?{query}locale=xx")
            see(answer, 422, where=address)
            (error,) = answer.json()["errors"]
            assert (error["name"], error["message"].endswith("it has en, nl.")) == ("locale", True), address
            asked += 1
    assert asked == 8


def test_a_host_that_is_not_ours_is_a_problem(client: Any, hub: Hub) -> None:
    see(client.get(f"{API}/site", headers={"host": "evil.test"}), 400, where="host")


@pytest.mark.parametrize("name", ["email", "first_name", "language", "themes", "leave_empty", "unknown"])
def test_no_field_of_a_subscription_is_an_error_of_ours(client: Any, hub: Hub, name: str) -> None:
    from newsletters.models import SignUpAttempt

    good = {"email": "ann@example.org", "language": "en", "themes": ["data"]}
    odd: list[Any] = [None, 1, [], {}, ["data"] * 100, ["\0"], {"a": {"b": []}}, True, 1e400]
    for value in [*HOSTILE, *odd]:
        SignUpAttempt.objects.all().delete()  # the limit of sign-ups
        answer = client.post(
            f"{API}/newsletters/letter/subscriptions", {**good, name: value}, content_type="application/json"
        )
        see(answer, 202, 400, 422, where=(name, value))
