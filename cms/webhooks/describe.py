"""The webhooks in the OpenAPI document: what comes, with which headers, and what a receiver may answer."""

from __future__ import annotations

from pydantic import BaseModel

from cms.webhooks.schemas import webhook_message, webhook_messages

ANY = "message"  # not an event: the union of all

SIGNATURE = (
    "HMAC-SHA-256 over key, time and raw body, in base64 after `v1,`, once for each secret that holds "
    "([Standard Webhooks](https://www.standardwebhooks.com)): verify it before you read the body."
)
HEADERS = {
    "webhook-id": ("The message's key, the same on each try.", "0d2f4a0e-5f0a-4c56-9f0e-6f1c3a7f5b11"),
    "webhook-timestamp": ("When this try was made, in seconds since 1970.", "1795597200"),
    "webhook-signature": (SIGNATURE, "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
}


def describe_webhooks() -> tuple[dict[str, object], list[type[BaseModel]]]:
    """Return the document's part on webhooks (OpenAPI 3.1, section 4.8.1), and the schemas that it names."""
    told = {
        name: _told(model, summary=label, description=f"`{name}` is told to each webhook that chose it.")
        for name, (label, model) in webhook_messages().items()
    }
    message = webhook_message()
    told[ANY] = _told(message, summary="Any message", description="What a webhook is told that chose all of them.")
    return {name: {"post": operation} for name, operation in told.items()}, [message]


def _told(model: type[BaseModel], *, summary: str, description: str) -> dict[str, object]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "operationId": f"on{model.__name__.removeprefix('Webhook')}",
        "summary": summary,
        "description": description,
        "tags": ["webhooks"],
        "security": [],  # by its signature a receiver knows who sends
        "parameters": [_header(*each) for each in HEADERS.items()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "The message is taken: answer within ten seconds, and do the work afterwards."},
            "410": {"description": "The receiver is gone: the webhook is switched off."},
            "default": {"description": "The message comes again later, with the same `webhook-id`."},
        },
    }


def _header(name: str, said: tuple[str, str]) -> dict[str, object]:
    description, example = said
    schema = {"type": "string", "examples": [example]}
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema}
