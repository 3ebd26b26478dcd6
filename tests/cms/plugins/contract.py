"""The promises of an OpenAPI document, one fact a line and without its prose, and how two documents differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Facts = dict[str, dict[str, Any]]

PROSE = {"description", "summary", "title", "example", "examples", "externalDocs"}
REF = "#/components/schemas/"


def facts_of(document: dict[str, Any]) -> Facts:
    """Return the promises by subject: operations, their parameters and answers, schemas, their fields."""
    found: Facts = {"document": {"openapi": document["openapi"], "version": document["info"]["version"]}}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found |= _of_operation(f"{method.upper()} {path}", operation)
    for name, methods in document.get("webhooks", {}).items():
        found |= _of_operation(f"WEBHOOK {name}", methods["post"])
    for name, schema in document["components"]["schemas"].items():
        found |= _of_schema(name, schema)
    rest = {key: value for key, value in document["components"].items() if key != "schemas"}
    if rest:
        found["components"] = dict(_flat(rest))
    return dict(sorted(found.items()))


def changes(old: Facts, new: Facts) -> list[str]:
    """Return what changed, in words; the parts of something that is new or gone are not listed separately."""
    words = [f"{subject}: is gone" for subject in old if _stands_alone(subject, old, new)]
    words += [f"{subject}: is new" for subject in new if _stands_alone(subject, new, old)]
    for subject in old.keys() & new.keys():
        before, after = old[subject], new[subject]
        words += [
            f"{subject}: {aspect} was {_said(before, aspect)}, is {_said(after, aspect)}"
            for aspect in sorted(before.keys() | after.keys())
            if before.get(aspect) != after.get(aspect)
        ]
    return sorted(words)


def written(facts: Facts) -> str:
    """Return the facts as JSON, one a line."""
    lines = (f"{json.dumps(subject)}: {json.dumps(facts[subject], sort_keys=True)}" for subject in sorted(facts))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _of_operation(label: str, operation: dict[str, Any]) -> Facts:
    apart = {"parameters", "responses"}
    found = {f"operation {label}": dict(_flat({k: v for k, v in operation.items() if k not in apart}))}
    for parameter in operation["parameters"]:
        found[f"parameter {label} {parameter['in']} {parameter['name']}"] = dict(_flat(parameter))
    for status, answer in operation["responses"].items():
        found[f"answer {label} {status}"] = dict(_flat(answer))
    return found


def _of_schema(name: str, schema: dict[str, Any]) -> Facts:
    apart = {"properties", "required"}
    found = {f"schema {name}": dict(_flat({k: v for k, v in schema.items() if k not in apart}))}
    for field, value in schema.get("properties", {}).items():
        found[f"field {name}.{field}"] = dict(_flat(value)) | {"required": field in schema.get("required", ())}
    return found


def _flat(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Return the leaves of a part of the document by their path; lists whose order does not matter are sorted."""
    if isinstance(node, dict):
        is_named = path.endswith("properties")
        for key, value in node.items():
            if is_named or key not in PROSE:
                yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(node, list):
        plain = [each["$ref"].removeprefix(REF) if isinstance(each, dict) and "$ref" in each else each for each in node]
        if any(isinstance(each, dict) for each in plain):
            for number, each in enumerate(node):
                yield from _flat(each, f"{path}.{number}")
        else:
            yield path, sorted(plain, key=str)
    else:
        yield path, node.removeprefix(REF) if isinstance(node, str) else node


def _stands_alone(subject: str, here: Facts, there: Facts) -> bool:
    if subject in there:
        return False
    kind, _, rest = subject.partition(" ")
    whole = {
        "field": f"schema {rest.partition('.')[0]}",
        "parameter": f"operation {' '.join(rest.split(' ')[:2])}",
        "answer": f"operation {' '.join(rest.split(' ')[:2])}",
    }.get(kind)
    return whole is None or not (whole in here and whole not in there)


def _said(aspects: dict[str, Any], aspect: str) -> str:
    return json.dumps(aspects[aspect]) if aspect in aspects else "nothing"
