"""The OpenAPI document as clients need it: Ninja's, with all answers named, and without what only Pydantic needs."""

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
    "404": "There is no such thing, or it is not public.",
    "422": "The request is not understood: `errors` names each parameter or field that is wrong or unknown.",
}
WRITING = {
    "400": "The body is not JSON.",
    "413": "The body is too large.",
    "415": "The body's media type is not `application/json`.",
}
TOO_MANY = {"429": "Too many requests: try again later."}
FAILURE = {"5XX": "Something went wrong on the hub's side."}

CACHE_HEADERS = {
    "ETag": {
        "description": "What stands for this answer: with it as `If-None-Match`, the same again is 304.",
        "schema": {"type": "string", "examples": ['"5d41402abc4b2a76"']},
    },
    "Cache-Control": {
        "description": "How long and where the answer may be kept.",
        "schema": {"type": "string", "examples": ["public, max-age=60"]},
    },
    "Last-Modified": {
        "description": "When what is published was last changed, if that is known.",
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
        "description": "That nobody may keep the answer.",
        "schema": {"type": "string", "examples": ["private, no-store"]},
    },
}
RETRY_AFTER = {
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "schema": {"type": "integer", "examples": [1800]},
    }
}


# What the core's groups of operations are for.
TAGS = {
    "site": "What holds for the whole site: languages, menus, themes.",
    "pages": "Pages: the one at a path, lists of them, and one by its key.",
    "feeds": "What is new or to come, for feed readers and calendars.",
    "webhooks": "What the hub tells other servers when something public changes.",
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

    `models` are schemas that operations name without Ninja's knowledge, `Problem` among them; `throttled` and
    `never_kept` hold the ids of the operations with a rate limit, and of those whose answers nobody may keep; `tags`
    what the groups of operations are for that the core does not know.
    """
    schemas = document["components"]["schemas"]
    for model in models:
        schemas |= _schemas_of(model)
    for _path, method, operation in operations(document):
        name = operation["operationId"]
        _add_kept(operation, method=method, is_kept=name not in never_kept)
        _add_responses(operation, is_throttled=name in throttled)
        operation.setdefault("security", [])  # nobody logs in
        for parameter in operation["parameters"]:
            _finish_parameter(parameter)
        for content in _contents(operation):
            tidy(content.get("schema", {}))
    _drop_unused(document)
    for schema in schemas.values():
        tidy(schema)
        _describe_references(schema, schemas)
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    told = [methods["post"] for methods in document.get("webhooks", {}).values()]
    asked = [operation for _, _, operation in operations(document)]
    used = {tag: None for operation in (*asked, *told) for tag in operation.get("tags", ())}
    words = {**tags, **TAGS}
    document["tags"] = [{"name": tag, "description": words.get(tag, "")} for tag in used]


def operations(document: Document) -> Iterator[tuple[str, str, OperationObject]]:
    """Return the path, the method in small letters and the description of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def tidy(schema: JsonSchema) -> None:
    """Take Pydantic's titles out of a schema, and write what may be null as OpenAPI 3.1 does, in place."""
    schema.pop("title", None)
    _merge_null(schema)
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        tidy(field)
        # Generators take a field with a default for one that is always there, which a request's is not.
        if name not in required:
            field.pop("default", None)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            tidy(schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        for each in schema.get(key, ()):
            tidy(each)


def _schemas_of(model: type[BaseModel]) -> dict[str, JsonSchema]:
    schema = model.model_json_schema(mode="serialization", ref_template=f"{REF}{{model}}")
    found = {**schema.pop("$defs", {}), model.__name__: schema}
    for each in found.values():
        _leave_out_none(each)
    return found


def _leave_out_none(schema: JsonSchema) -> None:
    """Say that what is None by default may be missing: it is left out of the answer."""
    fields = schema.get("properties", {})
    if "required" in schema:
        schema["required"] = [name for name in schema["required"] if fields[name].get("default", "") is not None]
    for field in fields.values():
        field.pop("default", None)


def _add_kept(operation: OperationObject, *, method: str, is_kept: bool) -> None:
    """Say how long the answer of a reading operation may be kept, and that what is unchanged is not sent again."""
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
        responses.setdefault("304", {"description": "What the client has is still good.", "headers": CACHE_HEADERS})


def _add_responses(operation: OperationObject, *, is_throttled: bool) -> None:
    """Name the problems that an operation answers with, beside those that it declares itself."""
    responses = operation["responses"]
    problems = READING | (WRITING if "requestBody" in operation else {}) | (TOO_MANY if is_throttled else {}) | FAILURE
    for status, words in problems.items():
        responses.setdefault(status, {"description": words})
    for status, answer in responses.items():
        if status[0] in "45":
            answer["content"] = {PROBLEM_JSON: {"schema": {"$ref": f"{REF}Problem"}, "example": _example(status)}}
    if is_throttled:
        responses["429"].setdefault("headers", RETRY_AFTER)
    operation["responses"] = dict(sorted(responses.items()))


def _example(status: str) -> dict[str, object]:
    """Return a problem with this status."""
    known = HTTPStatus(int(status.replace("XX", "00")))
    example = {"type": "about:blank", "title": known.phrase, "status": known, "detail": "What happened this time."}
    wrong = {"location": "query", "name": "limt", "message": "There is no such query parameter."}
    return example | ({"errors": [wrong]} if status == "422" else {})


def _finish_parameter(parameter: Parameter) -> None:
    """Take null out of a parameter, which an address cannot say, and Ninja's copy of the schema's examples."""
    schema = parameter["schema"]
    parameter.pop("examples", None)  # a map in a parameter, a list in a schema; Ninja writes the list
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) == 1:
        del schema["anyOf"]
        schema.update({key: value for key, value in options[0].items() if key not in schema})
    tidy(schema)
    schema.pop("description", None)
    if parameter["required"] and schema.get("examples"):
        parameter["example"] = schema["examples"][0]  # the page of the document fills it in
    if schema.get("default", "") in (None, []):
        del schema["default"]


def _contents(operation: OperationObject) -> Iterator[MediaType]:
    for part in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from part.get("content", {}).values()


def _merge_null(schema: JsonSchema) -> None:
    """Write `anyOf` a plain type and null as the one schema with both types; what refers stays as it is."""
    options = schema.get("anyOf", [])
    others = [each for each in options if each != {"type": "null"}]
    if len(others) == len(options) or len(others) != 1 or not isinstance(others[0].get("type"), str):
        return
    del schema["anyOf"]
    schema.update({key: value for key, value in others[0].items() if key not in schema})
    schema["type"] = [others[0]["type"], "null"]
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]


def _describe_references(schema: JsonSchema, schemas: dict[str, JsonSchema]) -> None:
    """Give back the descriptions that Pydantic leaves out where they are the same as the referred schema's."""
    for field in schema.get("properties", {}).values():
        target = schemas.get(field.get("$ref", "").removeprefix(REF))
        if target and "description" in target:
            field.setdefault("description", target["description"])


def _drop_unused(document: Document) -> None:
    """Take out the schemas that nothing refers to: those of query parameters, which stand with their operation."""
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
