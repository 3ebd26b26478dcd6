"""What webhooks say, as the API's description shows it to whoever writes a receiver."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, RootModel, create_model
from pydantic.json_schema import SkipJsonSchema

from cms.api.values import PageRef, Value
from cms.plugins.registry import webhook_events
from cms.webhooks.events import PAGE_MOVED, PAGE_UNPUBLISHED, PING, label_of

Left = str | SkipJsonSchema[None]  # left out of the message, if it is not there
HIDDEN = "Left out if the page was hidden."
PING_WORDS = "Somebody pressed “Send a test message”"


class WebhookPageData(Value):
    """Which page it is about."""

    page: PageRef = Field(description="The page, as links have it; `/pages/{page_id}` gives the rest.")
    surrogate_keys: list[str] = Field(
        description="What `Surrogate-Key` says of the page, for a CDN that purges by key.", examples=[["page-12"]]
    )


class WebhookMovedData(WebhookPageData):
    """Which page moved, and from where."""

    old_path: str = Field(description="Where the page stood before.", examples=["/en/themes/old/open-data/"])


class WebhookTakenDownPage(Value):
    """A page that the public sees no longer."""

    id: int = Field(description="The page's key, as in `/pages/{id}`.", examples=[12])
    type: str = Field(description="The page's type, as in `/pages?type=`.", examples=["article"])
    title: Left = Field(default=None, description=f"The page's title. {HIDDEN}", examples=["Open data for all"])
    locale: Left = Field(default=None, description=f"The code of the page's language. {HIDDEN}", examples=["en"])
    path: Left = Field(default=None, description=f"Where the page stood. {HIDDEN}", examples=["/en/themes/data/"])
    url: Left = Field(
        default=None,
        description=f"The page's full address. {HIDDEN}",
        examples=["https://hub.example.org/en/themes/data/"],
    )


class WebhookTakenDownData(Value):
    """Which page is not public any more."""

    page: WebhookTakenDownPage = Field(description="The page; of one that was hidden, its key and type only.")
    surrogate_keys: list[str] = Field(
        description="What `Surrogate-Key` said of the page, for a CDN that purges by key.", examples=[["page-12"]]
    )


class WebhookNoData(Value):
    """Nothing more."""


class WebhookEnvelope(Value):
    """A message to a webhook's receiver."""

    id: UUID = Field(
        description="The message's key, the same on each try: who has seen it need not look again.",
        examples=["0d2f4a0e-5f0a-4c56-9f0e-6f1c3a7f5b11"],
    )
    timestamp: datetime = Field(description="When it happened.", examples=["2026-11-25T09:00:00.000Z"])


def webhook_messages() -> dict[str, tuple[str, type[WebhookEnvelope]]]:
    """Return, by the word of each event, what has happened and the schema of its message."""
    words = {event.name: label_of(event) for event in webhook_events()} | {PING: PING_WORDS}
    return {name: (label, _message(name, label)) for name, label in words.items()}


def webhook_message() -> type[BaseModel]:
    """Return the schema of any message; its `type` says which."""
    union: Any = None
    for _, model in webhook_messages().values():
        union = model if union is None else union | model
    narrowed = Annotated[union, Field(discriminator="type")]
    doc = "A message to a webhook's receiver; its `type` says which."
    return create_model("WebhookMessage", __base__=RootModel[narrowed], __doc__=doc)


def _message(name: str, label: str) -> type[WebhookEnvelope]:
    data = {PAGE_MOVED: WebhookMovedData, PAGE_UNPUBLISHED: WebhookTakenDownData, PING: WebhookNoData}
    says: Any = (Literal.__getitem__(name), Field(description="Says what has happened."))
    about: Any = (data.get(name, WebhookPageData), Field(description="What it happened to."))
    camel = "".join(part.title() for part in name.replace("_", ".").split("."))
    return create_model(f"Webhook{camel}", __base__=WebhookEnvelope, __doc__=f"{label}.", type=says, data=about)
