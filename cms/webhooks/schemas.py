"""The schemas of webhook messages, which the OpenAPI document shows to authors of receivers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, RootModel, create_model
from pydantic.json_schema import SkipJsonSchema

from cms.api.values import PageRef, Value
from cms.plugins.registry import personal_events, webhook_events
from cms.webhooks.events import PAGE_MOVED, PAGE_UNPUBLISHED, PING, label_of

Left = str | SkipJsonSchema[None]  # left out of the message if it is not set
HIDDEN = "Left out if the page was hidden."
PING_WORDS = "Somebody pressed “Send a test message”"


class WebhookPageData(Value):
    """The page that the message is about."""

    page: PageRef = Field(description="The page, as in links; `/pages/{page_id}` gives the rest.")
    surrogate_keys: list[str] = Field(
        description="The page's `Surrogate-Key`, for a CDN that purges by key.", examples=[["page-12"]]
    )


class WebhookMovedData(WebhookPageData):
    """The page that moved, and its old path."""

    old_path: str = Field(description="The page's old path.", examples=["/en/themes/old/open-data/"])


class WebhookTakenDownPage(Value):
    """A page that is no longer public."""

    id: int = Field(description="The page's key, as in `/pages/{id}`.", examples=[12])
    type: str = Field(description="The page's type, as in `/pages?type=`.", examples=["article"])
    title: Left = Field(default=None, description=f"The page's title. {HIDDEN}", examples=["Open data for all"])
    locale: Left = Field(default=None, description=f"The code of the page's language. {HIDDEN}", examples=["en"])
    path: Left = Field(default=None, description=f"The page's path. {HIDDEN}", examples=["/en/themes/data/"])
    url: Left = Field(
        default=None,
        description=f"The page's full address. {HIDDEN}",
        examples=["https://hub.example.org/en/themes/data/"],
    )


class WebhookTakenDownData(Value):
    """The page that is no longer public."""

    page: WebhookTakenDownPage = Field(description="The page; only its key and type if it was hidden.")
    surrogate_keys: list[str] = Field(
        description="The page's former `Surrogate-Key`, for a CDN that purges by key.",
        examples=[["page-12"]],
    )


class WebhookNoData(Value):
    """No data."""


class WebhookEnvelope(Value):
    """A message to a webhook's receiver."""

    id: UUID = Field(
        description="The message's key, the same on every attempt: skip a message whose key you have seen.",
        examples=["0d2f4a0e-5f0a-4c56-9f0e-6f1c3a7f5b11"],
    )
    timestamp: datetime = Field(description="When it happened.", examples=["2026-11-25T09:00:00.000Z"])


def webhook_messages() -> dict[str, tuple[str, type[WebhookEnvelope]]]:
    """Return, by each event's name, its label and the schema of its message."""
    labels = {event.name: label_of(event) for event in webhook_events()} | {PING: PING_WORDS}
    data: dict[str, type[BaseModel]] = {
        **{name: event.data for name, event in personal_events().items()},
        PAGE_MOVED: WebhookMovedData,
        PAGE_UNPUBLISHED: WebhookTakenDownData,
        PING: WebhookNoData,
    }
    return {
        name: (label, _message(name, label, data=data.get(name, WebhookPageData))) for name, label in labels.items()
    }


def webhook_message() -> type[BaseModel]:
    """Return the schema of any message, discriminated by its `type`."""
    union: Any = None
    for _, model in webhook_messages().values():
        union = model if union is None else union | model
    narrowed = Annotated[union, Field(discriminator="type")]
    doc = "A message to a webhook's receiver; its `type` says of which kind."
    return create_model("WebhookMessage", __base__=RootModel[narrowed], __doc__=doc)


def _message(name: str, label: str, *, data: type[BaseModel]) -> type[WebhookEnvelope]:
    kind: Any = (Literal.__getitem__(name), Field(description="What has happened."))
    subject: Any = (data, Field(description="What it happened to."))
    camel = "".join(part.title() for part in name.replace("_", ".").split("."))
    return create_model(f"Webhook{camel}", __base__=WebhookEnvelope, __doc__=f"{label}.", type=kind, data=subject)
