"""The contract changes only on purpose: openapi.json holds the promises of the OpenAPI document."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cms.plugins.contract import changes, facts_of, written

SNAPSHOT = Path(__file__).parent / "openapi.json"
RENEW = "python -m pytest tests/cms/plugins/test_contract.py --renew-contract"


@pytest.fixture
def document(client: Any) -> dict[str, Any]:
    return client.get("/api/v1/openapi.json").json()


def test_the_contract_is_as_it_was(document: dict[str, Any], pytestconfig: pytest.Config) -> None:
    facts = facts_of(document)
    if pytestconfig.getoption("--renew-contract"):
        SNAPSHOT.write_text(written(facts))
    found = changes(json.loads(SNAPSHOT.read_text()), json.loads(written(facts)))
    assert not found, "\n".join(["The contract has changed:", *found, f"If that is meant: {RENEW}"])


def test_each_change_is_named(document: dict[str, Any]) -> None:
    changed = copy.deepcopy(document)
    schemas, pages = changed["components"]["schemas"], changed["paths"]["/api/v1/pages"]["get"]
    del schemas["PageRef"]["properties"]["url"]
    schemas["PageRef"]["properties"]["title"]["maxLength"] = 5
    schemas["Image"]["required"].remove("alt")
    schemas["Block"]["oneOf"].pop()
    schemas["Weather"] = {"type": "object", "properties": {"wind": {"type": "string"}}}
    del changed["paths"]["/api/v1/site"]
    del pages["responses"]["304"]
    pages["parameters"] = [each for each in pages["parameters"] if each["name"] != "q"]
    next(each for each in pages["parameters"] if each["name"] == "limit")["schema"]["maximum"] = 50
    found = changes(facts_of(document), facts_of(changed))
    assert [each for each in found if not each.startswith("schema Block")] == [
        "answer GET /api/v1/pages 304: is gone",
        "field Image.alt: required was true, is false",
        "field PageRef.title: maxLength was nothing, is 5",
        "field PageRef.url: is gone",
        "operation GET /api/v1/site: is gone",
        "parameter GET /api/v1/pages query limit: schema.maximum was 100, is 50",
        "parameter GET /api/v1/pages query q: is gone",
        "schema Weather: is new",
    ]
    (block,) = (each for each in found if each.startswith("schema Block"))
    assert block.startswith('schema Block: oneOf was ["AccordionBlock", ')


def test_words_and_order_are_no_change(document: dict[str, Any]) -> None:
    changed = json.loads(json.dumps(document, sort_keys=True))
    changed["info"]["description"] = "Other words."
    for schema in changed["components"]["schemas"].values():
        schema["description"] = "Other words."
        schema.get("required", []).reverse()
        schema.get("oneOf", []).reverse()
    assert changes(facts_of(document), facts_of(changed)) == []
