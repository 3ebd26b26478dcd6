"""The webhooks in the OpenAPI document: the messages, their headers, and the responses that a receiver may give."""

from __future__ import annotations

from pydantic import BaseModel

from cms.webhooks.schemas import webhook_message, webhook_messages

ANY = "message"  # not an event, but the union of all messages

SIGNATURE = (
    "HMAC-SHA-256 over key, time and raw body, in base64 after `v1,`, once for each valid secret "
    "([Standard Webhooks](https://www.standardwebhooks.com)): verify it before you read the body."
)
HEADERS = {
    "webhook-id": ("The message's key, the same on every attempt.", "0d2f4a0e-5f0a-4c56-9f0e-6f1c3a7f5b11"),
    "webhook-timestamp": ("When this attempt was made, in seconds since 1970.", "1795597200"),
    "webhook-signature": (SIGNATURE, "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
}


def describe_webhooks() -> tuple[dict[str, object], list[type[BaseModel]]]:
    """Return the document's `webhooks` (OpenAPI 3.1, section 4.8.1), and the schemas that they refer to."""
    operations = {
        name: _operation(model, summary=label, description=f"Sent to each webhook that chose `{name}`.")
        for name, (label, model) in webhook_messages().items()
    }
    message = webhook_message()
    operations[ANY] = _operation(message, summary="Any message", description="A message about any event: see `type`.")
    return {name: {"post": operation} for name, operation in operations.items()}, [message]


def _operation(model: type[BaseModel], *, summary: str, description: str) -> dict[str, object]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {
        "operationId": f"on{model.__name__.removeprefix('Webhook')}",
        "summary": summary,
        "description": description,
        "tags": ["webhooks"],
        "security": [],  # the signature tells the receiver who sent the message
        "parameters": [_header(name, *texts) for name, texts in HEADERS.items()],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "The message is accepted: answer within ten seconds, and do the work afterwards."},
            "410": {"description": "The receiver is gone: the webhook is switched off."},
            "default": {"description": "The message is sent again later, with the same `webhook-id`."},
        },
    }


def _header(name: str, description: str, example: str) -> dict[str, object]:
    schema = {"type": "string", "examples": [example]}
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema}
