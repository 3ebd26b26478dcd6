"""The OpenAPI document as clients need it: Ninja's, with all answers described, without what only Pydantic needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from cms.api.http.errors import PROBLEM_JSON

# The parts of the document, by the names that OpenAPI 3.1 has for them.
Document = dict[str, Any]
OperationObject = dict[str, Any]
Parameter = dict[str, Any]
MediaType = dict[str, Any]
JsonSchema = dict[str, Any]

REF = "#/components/schemas/"

READING = {
    "404": "It does not exist, or it is not public.",
    "422": "The request is not understood: `errors` names each parameter or field that is wrong or unknown.",
}
WRITING = {
    "400": "The body is not JSON.",
    "413": "The body is too large.",
    "415": "The body's media type is not `application/json`.",
}
WITH_KEY = {
    "401": "The key is missing or not valid.",
    "403": "The key does not allow this.",
}
TOO_MANY = {"429": "Too many requests: try again later."}
FAILURE = {"5XX": "Something went wrong on the hub's side."}

CACHE_HEADERS = {
    "ETag": {
        "description": "Identifies this answer: send it back as `If-None-Match`, and an unchanged answer is a 304.",
        "schema": {"type": "string", "examples": ['"5d41402abc4b2a76"']},
    },
    "Cache-Control": {
        "description": "How long and where the answer may be cached.",
        "schema": {"type": "string", "examples": ["public, max-age=60"]},
    },
    "Last-Modified": {
        "description": "When the published content last changed, if that is known.",
        "schema": {"type": "string", "examples": ["Thu, 03 Dec 2026 13:00:00 GMT"]},
    },
    "Surrogate-Key": {
        "description": "`content`, and the pages in the answer if they can be named, for a CDN that purges by key.",
        "schema": {"type": "string", "examples": ["content page-12 page-15"]},
    },
}
PROBLEM_HEADERS = {name: CACHE_HEADERS[name] for name in ("Cache-Control", "Surrogate-Key")}
NEVER_KEPT_HEADERS = {
    "Cache-Control": {
        "description": "Says that nobody may cache the answer.",
        "schema": {"type": "string", "examples": ["private, no-store"]},
    },
}
RETRY_AFTER = {
    "Retry-After": {
        "description": "How many seconds to wait before the next request.",
        "schema": {"type": "integer", "examples": [1800]},
    }
}


# What the core's groups of operations are for.
TAGS = {
    "site": "What applies to the whole site: languages, menus, themes.",
    "pages": "Pages: by path, in lists, and by key.",
    "feeds": "New pages for feed readers, and coming events for calendars.",
    "webhooks": "What the hub sends to other servers when public content or a reader changes.",
}


def finish(
    document: Document,
    *,
    models: Collection[type[BaseModel]],
    throttled: Collection[str],
    never_kept: Collection[str],
    tags: Mapping[str, str],
) -> None:
    """Complete Ninja's OpenAPI document in place.

    `models` are schemas that operations name without Ninja's knowledge, including `Problem`; `throttled` and
    `never_kept` hold the ids of the operations with a rate limit, and of those whose answers nobody may cache; `tags`
    describes the groups of operations that the core does not know.
    """
    schemas = document["components"]["schemas"]
    for model in models:
        schemas |= _schemas_of(model)
    for _path, method, operation in operations(document):
        name = operation["operationId"]
        _add_caching(operation, method=method, is_kept=name not in never_kept)
        _add_responses(operation, is_throttled=name in throttled)
        operation.setdefault("security", [])  # these need no key
        for parameter in operation["parameters"]:
            _finish_parameter(parameter)
        for content in _contents(operation):
            tidy(content.get("schema", {}))
    _drop_unused(document)
    for schema in schemas.values():
        tidy(schema)
        _describe_references(schema, schemas)
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    requests = [operation for _, _, operation in operations(document)]
    messages = [methods["post"] for methods in document.get("webhooks", {}).values()]
    used = {tag: None for operation in (*requests, *messages) for tag in operation.get("tags", ())}
    descriptions = {**tags, **TAGS}
    document["tags"] = [{"name": tag, "description": descriptions.get(tag, "")} for tag in used]


def operations(document: Document) -> Iterator[tuple[str, str, OperationObject]]:
    """Yield the path, the method in lower case and the description of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def tidy(schema: JsonSchema) -> None:
    """Remove Pydantic's titles from a schema, and write nullable types as OpenAPI 3.1 does, in place."""
    schema.pop("title", None)
    _merge_null(schema)
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        tidy(field)
        # Generators assume that a field with a default is always there, which is wrong for requests.
        if name not in required:
            field.pop("default", None)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            tidy(schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        for option in schema.get(key, ()):
            tidy(option)


def _schemas_of(model: type[BaseModel]) -> dict[str, JsonSchema]:
    schema = model.model_json_schema(mode="serialization", ref_template=f"{REF}{{model}}")
    found = {**schema.pop("$defs", {}), model.__name__: schema}
    for found_schema in found.values():
        _make_optional(found_schema)
    return found


def _make_optional(schema: JsonSchema) -> None:
    """Make fields that are None by default optional, as the answer leaves them out."""
    fields = schema.get("properties", {})
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if fields[name].get("default", "") is not None]
    for field in fields.values():
        field.pop("default", None)


def _add_caching(operation: OperationObject, *, method: str, is_kept: bool) -> None:
    """Describe the caching headers of a GET operation's answers, and its 304."""
    responses: dict[str, dict[str, object]] = {}
    for status, answer in operation["responses"].items():
        responses.setdefault(str(status), {}).update(answer)
    operation["responses"] = responses
    if method != "get" or "200" not in responses:
        return
    responses["200"].setdefault("headers", CACHE_HEADERS if is_kept else NEVER_KEPT_HEADERS)
    if is_kept:
        for status in ("404", "422"):
            responses.setdefault(status, {"description": READING[status]})["headers"] = PROBLEM_HEADERS
        responses.setdefault("304", {"description": "The client's copy is still valid.", "headers": CACHE_HEADERS})


def _add_responses(operation: OperationObject, *, is_throttled: bool) -> None:
    """Describe the problems that an operation answers with, besides those that it declares itself."""
    responses = operation["responses"]
    problems = READING | (WRITING if "requestBody" in operation else {}) | (TOO_MANY if is_throttled else {}) | FAILURE
    problems |= WITH_KEY if operation.get("security") else {}
    for status, description in problems.items():
        responses.setdefault(status, {"description": description})
    for status, answer in responses.items():
        if status[0] in "45":
            answer["content"] = {PROBLEM_JSON: {"schema": {"$ref": f"{REF}Problem"}, "example": _example(status)}}
    if is_throttled:
        responses["429"].setdefault("headers", RETRY_AFTER)
    operation["responses"] = dict(sorted(responses.items()))


def _example(status: str) -> dict[str, object]:
    """Return an example of a problem with this status."""
    known = HTTPStatus(int(status.replace("XX", "00")))
    example = {"type": "about:blank", "title": known.phrase, "status": known, "detail": "What happened this time."}
    wrong = {"location": "query", "name": "limt", "message": "There is no such query parameter."}
    return example | ({"errors": [wrong]} if status == "422" else {})


def _finish_parameter(parameter: Parameter) -> None:
    """Remove null from a parameter, as a URL cannot express it, and Ninja's copy of the schema's examples."""
    schema = parameter["schema"]
    parameter.pop("examples", None)  # a parameter's are a map, but Ninja copies the schema's list
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema.update({key: value for key, value in options[0].items() if key not in schema})
    tidy(schema)
    schema.pop("description", None)
    if parameter["required"] and schema.get("examples"):
        parameter["example"] = schema["examples"][0]  # the documentation page fills it in
    if schema.get("default", "") in (None, []):
        del schema["default"]


def _contents(operation: OperationObject) -> Iterator[MediaType]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()


def _merge_null(schema: JsonSchema) -> None:
    """Merge `anyOf` a plain type and null into one schema with both types; leave references as they are."""
    options = schema.get("anyOf", [])
    others = [option for option in options if option != {"type": "null"}]
    if len(others) == len(options) or len(others) != 1 or not isinstance(others[0].get("type"), str):
        return
    del schema["anyOf"]
    schema.update({key: value for key, value in others[0].items() if key not in schema})
    schema["type"] = [others[0]["type"], "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]


def _describe_references(schema: JsonSchema, schemas: dict[str, JsonSchema]) -> None:
    """Restore the descriptions that Pydantic leaves out because the schema that they refer to has the same one."""
    for field in schema.get("properties", {}).values():
        target = schemas.get(field.get("$ref", "").removeprefix(REF))
        if target and "description" in target:
            field.setdefault("description", target["description"])


def _drop_unused(document: Document) -> None:
    """Remove the schemas that nothing refers to: those of query parameters, which are part of their operation."""
    schemas = document["components"]["schemas"]
    used: set[str] = set()
    waiting = _referred(document["paths"]) | _referred(document.get("webhooks", {}))
    while waiting:
        used |= waiting
        waiting = set().union(*(_referred(schemas[name]) for name in waiting)) - used
    for name in schemas.keys() - used:
        del schemas[name]


def _referred(node: object) -> set[str]:
    if isinstance(node, dict):
        found = set().union(*(_referred(value) for value in node.values()))
        ref = node.get("$ref")
        return found | {ref.removeprefix(REF)} if isinstance(ref, str) else found
    return set().union(*(_referred(value) for value in node)) if isinstance(node, list) else set()
