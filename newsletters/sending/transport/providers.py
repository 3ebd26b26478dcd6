"""Which providers take many personal mails in one request through anymail, and how.

A provider that is not listed here gets one mail per request. A provider can be listed if every mail can have its own
headers (anymail's `merge_headers`) and its own bodies, either whole or with merge fields in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from anymail.backends.base import AnymailBaseBackend, BasePayload

Bodies = tuple[str, str]  # plain text and HTML


@dataclass(frozen=True, kw_only=True)
class WholeBodies:
    """The request lists the mails in the order of their recipients, and each may bring its own bodies."""

    listed_under: str = ""  # where in the request; empty if the list is the request
    text: str
    html: str

    def put_into(self, data: str, bodies: Sequence[Bodies]) -> str:
        """Return the request's JSON with these bodies, one pair for each mail."""
        request = json.loads(data)
        mails = request[self.listed_under] if self.listed_under else request
        for mail, (text, html) in zip(mails, bodies, strict=True):
            mail |= {self.text: text, self.html: html}
        return json.dumps(request)


@dataclass(frozen=True, kw_only=True)
class MergeFields:
    """The bodies are the same for all, with fields that the provider fills in for each recipient."""

    template: str  # how a field is written
    reserved: re.Pattern[str]  # what in our bodies the provider would take for the beginning of a field

    def field(self, name: str) -> str:
        """Return the field of this name as it is written in a body."""
        return self.template.format(name)


@dataclass(frozen=True, kw_only=True)
class Provider:
    """How one provider takes many mails. `most` is what it allows in one request."""

    most: int
    bodies: WholeBodies | MergeFields
    http_key: str = ""  # the HTTP header that takes an idempotency key
    message_key: str = ""  # the message header that takes it instead, which the provider removes

    @property
    def has_key(self) -> bool:
        """Whether a request can be repeated without sending its mails twice."""
        return bool(self.http_key or self.message_key)


PROVIDERS = {
    "Brevo": Provider(
        most=1000,
        bodies=WholeBodies(listed_under="messageVersions", text="textContent", html="htmlContent"),
        message_key="idempotencyKey",
    ),
    "Mailgun": Provider(
        most=1000,
        bodies=MergeFields(
            template="%recipient.{}%",
            reserved=re.compile(r"%(?=recipient|unsubscribe|tag_unsubscribe|mailing_list_unsubscribe)"),
        ),
    ),
    "Mailjet": Provider(most=50, bodies=WholeBodies(listed_under="Messages", text="TextPart", html="HTMLPart")),
    "Mailtrap": Provider(most=500, bodies=WholeBodies(listed_under="requests", text="text", html="html")),
    "Postmark": Provider(most=500, bodies=WholeBodies(text="TextBody", html="HtmlBody")),
    "Resend": Provider(most=100, bodies=WholeBodies(text="text", html="html"), http_key="Idempotency-Key"),
}


class KeyedRequest(Protocol):
    """What a `OneRequest` holds beyond a message for anymail."""

    bodies: list[Bodies]
    key: str


def repeatable(backend: AnymailBaseBackend, provider: Provider) -> AnymailBaseBackend:
    """Make this anymail backend send each mail of a `OneRequest` with its own bodies, and the request with its key."""
    build = backend.build_message_payload

    def build_whole(message: KeyedRequest, defaults: Mapping[str, object]) -> BasePayload:
        payload = build(message, defaults)
        if isinstance(provider.bodies, WholeBodies) and payload.is_batch():
            data = provider.bodies.put_into(payload.serialize_data(), message.bodies)
            payload.serialize_data = lambda: data
        if provider.http_key:
            payload.headers[provider.http_key] = message.key
        return payload

    backend.build_message_payload = build_whole
    return backend
