"""Many copies of one edition as one message for anymail, from which the provider makes a mail for each reader."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from html import escape
from uuid import NAMESPACE_URL, uuid5

from anymail.message import AnymailStatus
from anymail.utils import parse_address_list

from newsletters.sending.transport.django_backend import ReadyForDjango, as_django_message
from newsletters.sending.transport.providers import Bodies, MergeFields, Provider
from newsletters.sending.transport.seam import PieceMail
from newsletters.values.personal_parts import TOKENS, fill_text

FOR_ALL = ("Reply-To",)  # all other headers are given per reader, as some providers do not merge the two
LITERAL = "literal"  # the merge field for a character that would otherwise begin a field


class OneRequest(ReadyForDjango):
    """One message, or many in one. `emails` are its readers as anymail writes them, `key` is its idempotency key."""

    emails: list[str]
    bodies: list[Bodies]
    key: str
    anymail_status: AnymailStatus
    metadata: dict[str, str]
    merge_data: dict[str, dict[str, str]]
    merge_global_data: dict[str, str]
    merge_headers: dict[str, dict[str, str]]
    merge_metadata: dict[str, dict[str, str]]


def one_alone(message: EmailMessage, *, recipient: str, provider: Provider | None) -> OneRequest:
    """Return one message, to be sent as it is."""
    whole = as_django_message(message, recipient=recipient, kind=OneRequest)
    whole.emails, whole.metadata = _emails(whole), _metadata(message)
    return _with_key(whole, [message], provider=provider)


def many_in_one(mails: Sequence[PieceMail], messages: Sequence[EmailMessage], *, provider: Provider) -> OneRequest:
    """Return copies of one edition as one message: `messages` are the mails as they were made.

    What differs between them is given per reader; the metadata `delivery` matches the provider's later events.
    """
    made = [
        as_django_message(message, recipient=mail.recipient, kind=OneRequest)
        for mail, message in zip(mails, messages, strict=True)
    ]
    whole = made[0]
    whole.bodies = [(str(mail.body), str(mail.alternatives[0][0])) for mail in made]
    whole.to = [mail.to[0] for mail in made]
    whole.emails = _emails(whole)
    by_email = list(zip(whole.emails, messages, made, strict=True))
    whole.merge_metadata = {email: _metadata(message) for email, message, _mail in by_email}
    whole.merge_headers = {
        email: {name: value for name, value in mail.extra_headers.items() if name not in FOR_ALL}
        for email, _message, mail in by_email
    }
    whole.extra_headers = {name: value for name, value in whole.extra_headers.items() if name in FOR_ALL}
    whole.merge_data = {}  # its presence alone tells anymail to send each reader a separate mail
    if isinstance(provider.bodies, MergeFields):
        _use_fields(whole, mails, fields=provider.bodies)
    return _with_key(whole, messages, provider=provider)


def _with_key(whole: OneRequest, messages: Sequence[EmailMessage], *, provider: Provider | None) -> OneRequest:
    """Add a key for these deliveries at this time: a repeated request has the same key, a later attempt another."""
    whole.key = str(
        uuid5(NAMESPACE_URL, " ".join(f"{message['Message-ID']} {message['Date']}" for message in messages))
    )
    if provider and provider.message_key:
        whole.extra_headers[provider.message_key] = whole.key
    return whole


def _emails(whole: OneRequest) -> list[str]:
    return [address.addr_spec for address in parse_address_list(whole.to)]


def _metadata(message: EmailMessage) -> dict[str, str]:
    return {"delivery": str(message["Message-ID"]).strip("<>")}


def _use_fields(whole: OneRequest, mails: Sequence[PieceMail], *, fields: MergeFields) -> None:
    escaped = fields.field(LITERAL)
    text, html = (fields.reserved.sub(escaped, body) for body in (mails[0].text, mails[0].html))
    whole.subject = fields.reserved.sub(escaped, str(whole.subject))
    names = {token: f"word{number}" for number, token in enumerate(TOKENS)}
    whole.body = fill_text(text, parts={token: fields.field(name) for token, name in names.items()})
    filled = fill_text(html, parts={token: fields.field(f"{name}_html") for token, name in names.items()})
    whole.alternatives.clear()
    whole.attach_alternative(filled, "text/html")
    whole.merge_global_data = {LITERAL: "%"}
    for email, mail in zip(whole.emails, mails, strict=True):
        words = mail.parts
        whole.merge_data[email] = {names[token]: words[token] for token in TOKENS}
        whole.merge_data[email] |= {f"{names[token]}_html": escape(words[token]) for token in TOKENS}
