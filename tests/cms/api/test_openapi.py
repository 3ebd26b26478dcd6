"""The OpenAPI document, from which clients are generated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from django.contrib.staticfiles import finders

from cms.api.lookups.rich_text import TAGS
from cms.plugins.registry import webhook_events


@pytest.fixture
def document(client: Any) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").json()


def unions(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        refs = [each for each in node.get("oneOf") or node.get("anyOf") or () if "$ref" in each]
        if len(refs) > 1:
            yield node
        for value in node.values():
            yield from unions(value)
    elif isinstance(node, list):
        for value in node:
            yield from unions(value)


def test_unions_of_schemas_name_what_tells_them_apart(document: dict[str, Any]) -> None:
    found = list(unions(document))
    assert len(found) >= 3
    for union in found:
        assert union["discriminator"]["propertyName"] in {"type", "status"}
    mappings = [union["discriminator"]["mapping"] for union in found]
    assert {"article", "person", "home"} <= set().union(*mappings)


def test_everything_is_described(document: dict[str, Any]) -> None:
    assert {"title", "version", "description", "summary", "contact", "license"} <= document["info"].keys()
    assert document["servers"]
    assert all(tag["description"] for tag in document["tags"])
    assert [where for where, part in parts(document) if not part.get("description")] == []


def test_every_leaf_has_an_example_that_fits(document: dict[str, Any]) -> None:
    bare = [where for where, part in parts(document) if not is_shown(part.get("schema", part))]
    assert bare == []
    wrong = [
        f"{where}: {example}"
        for where, part in parts(document)
        for example in part.get("schema", part).get("examples", ())
        if not is_valid(part.get("schema", part), example)
    ]
    assert wrong == []


def test_a_bare_field_is_found(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Seo"]["properties"]["title"] = {"type": "string"}
    document["paths"]["/api/v1/resolve"]["get"]["parameters"][0] = {"name": "path", "schema": {"type": "string"}}
    for test in (test_everything_is_described, test_every_leaf_has_an_example_that_fits):
        with pytest.raises(AssertionError, match=r"Seo\.title|resolve path"):
            test(document)


def test_the_description_names_the_tags_of_rich_text(document: dict[str, Any]) -> None:
    words = document["info"]["description"]
    assert len(words.splitlines()) <= 50
    assert not {"{presets}", "{time_zone}", "{url}"} & set(re.findall(r"\{\w+\}", words))
    assert "400 and 800 pixels" in words
    assert f"`{' '.join(sorted(TAGS))}`" in " ".join(words.split())


def parts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each operation, parameter, answer, header, schema and field of the document with its place."""
    for path, operations in [*document["paths"].items(), *document["webhooks"].items()]:
        for method, operation in operations.items():
            yield f"{method} {path}", operation
            for parameter in operation["parameters"]:
                yield f"{method} {path} {parameter['name']}", parameter
            for status, answer in operation["responses"].items():
                yield f"{method} {path} {status}", answer
                for name, header in answer.get("headers", {}).items():
                    yield f"{method} {path} {status} {name}", header
    for name, schema in document["components"]["schemas"].items():
        yield name, schema
        for field, value in schema.get("properties", {}).items():
            yield f"{name}.{field}", value


def is_shown(schema: dict[str, Any]) -> bool:
    """Say whether the document shows what a value looks like: by an example, its possible values or a reference."""
    options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return (
        not schema.keys() & {"type", "anyOf", "oneOf"}
        or bool(schema.keys() & {"examples", "enum", "const", "properties", "$ref"})
        or any("$ref" in each for each in options)
        or ("items" in schema and (schema["items"].keys() & {"$ref", "enum"}) != set())
    )


def is_valid(schema: dict[str, Any], example: Any) -> bool:
    return jsonschema_rs.is_valid(schema, example, validate_formats=True)


def test_every_operation_names_the_problems_that_it_may_answer_with(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            kept = set() if operation["operationId"] in {"getPreview", "getSubscriber"} else {"304"}
            written = {"400", "413", "415"} if "requestBody" in operation else set()
            keyed = {"401", "403", "429"} if operation["security"] else set()
            named = {"404", "422", "5XX"} | (kept if method == "get" else written) | keyed
            assert named <= answers.keys(), path
            for status in (each for each in answers if each[0] in "45"):
                assert list(answers[status]["content"]) == ["application/problem+json"], (path, status)
    subscriptions = document["paths"]["/api/v1/newsletters/{slug}/subscriptions"]["post"]
    assert "Retry-After" in subscriptions["responses"]["429"]["headers"]


def test_a_preview_is_not_said_to_be_kept(document: dict[str, Any]) -> None:
    answers = document["paths"]["/api/v1/preview/{token}"]["get"]["responses"]
    assert "304" not in answers
    assert set(answers["200"]["headers"]) == {"Cache-Control"}


def test_a_receiver_finds_what_webhooks_say(document: dict[str, Any]) -> None:
    told = document["webhooks"]
    assert set(told) == {"message", "ping", *(event.name for event in webhook_events())}
    any_message = document["components"]["schemas"]["WebhookMessage"]
    assert any_message["discriminator"]["propertyName"] == "type"
    assert set(any_message["discriminator"]["mapping"]) == set(told) - {"message"}
    headers = {each["name"] for each in told["page.moved"]["post"]["parameters"]}
    assert headers == {"webhook-id", "webhook-timestamp", "webhook-signature"}


def test_every_operation_says_that_nobody_logs_in_or_that_it_takes_a_key(document: dict[str, Any]) -> None:
    asked = [*document["paths"].values(), *document["webhooks"].values()]
    every = [operation for operations in asked for operation in operations.values()]
    keyed = [operation for operation in every if operation["security"] != []]
    assert {operation["operationId"] for operation in keyed} == {"addSubscriber", "getSubscriber", "endSubscription"}
    assert all(operation["security"] == [{"ApiKeyAuth": []}] for operation in keyed)
    assert document["components"]["securitySchemes"]["ApiKeyAuth"]["scheme"] == "bearer"


def test_languages_are_named(document: dict[str, Any], settings: Any) -> None:
    codes = [code for code, _name in settings.WAGTAIL_CONTENT_LANGUAGES]
    for path, name in (("pages", "locale"), ("resolve", "locale"), ("feed.rss", "locale"), ("sitemap", "locale")):
        (asked,) = (each for each in document["paths"][f"/api/v1/{path}"]["get"]["parameters"] if each["name"] == name)
        assert asked["schema"]["enum"] == codes
    for schema in ("PageRef", "Navigation", "ThemesArticleSummary", "ThemesArticleDetail"):
        assert document["components"]["schemas"][schema]["properties"]["locale"]["enum"] == codes


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])

    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"].rpartition("/")[2]
            for value in node.values():
                yield from references(value)
        elif isinstance(node, list):
            for value in node:
                yield from references(value)

    assert set(references(document)) <= names


def test_operations_have_readable_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for each in document["paths"].values() for operation in each.values()]
    assert len(names) == len(set(names))
    assert {"listPages", "getPage", "getSite", "resolvePath"} <= set(names)


def test_page_types_and_their_filters_are_listed(document: dict[str, Any]) -> None:
    parameters = {each["name"]: each for each in document["paths"]["/api/v1/pages"]["get"]["parameters"]}
    assert "article" in parameters["type"]["schema"]["items"]["enum"]
    assert {"kind", "year", "starts_from", "starts_to"} <= set(parameters)


def test_the_docs_load_nothing_from_other_hosts(client: Any) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert "://" not in page.replace("http://www.w3.org", "")
    for name in ("ninja/swagger-ui-bundle.js", "ninja/swagger-ui-init.js", "ninja/swagger-ui.css"):
        assert name in page
        assert finders.find(name)
