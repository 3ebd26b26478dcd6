"""Find out which of our mails something is about: by what we signed, and by the Message-IDs it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from newsletters.exceptions import WrongToken
from newsletters.results.incoming.kinds import Origin
from newsletters.results.incoming.parsing import Mail, headers, headers_in, own_parts, text_of, within
from newsletters.values.personal_links import Purpose, read_token
from newsletters.values.return_path import read_feedback_token, read_return_path, read_unsubscribe_address

MOST_MESSAGE_IDS = 10

# Where servers write the address that they delivered to.
_DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To", "Cc")
_RETURNED = frozenset({"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"})
_SEPARATORS = re.compile(r"[\s<>,;\"()]+")
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s@]{1,255}>")
_LINK_TOKEN = re.compile(r"(?<![\w.-])\d{1,18}\.[\w-]{22}(?![\w-])", re.ASCII)
# How a copy begins that is part of a bounce's text, as qmail writes it.
_COPY = re.compile(
    r"^(?:Return-Path|Received|DKIM-Signature|Message-ID|List-Unsubscribe|MIME-Version):", re.MULTILINE | re.IGNORECASE
)


def delivered_to(mail: Mail, *, envelope_recipient: str = "") -> list[str]:
    """Return the addresses that this mail was sent to, as far as it says so; that of its envelope first."""
    values = headers(mail, *_DELIVERED_TO)
    return [envelope_recipient, *(word for value in values for word in _SEPARATORS.split(value) if "@" in word)]


def origin_of(
    mail: Mail, *, envelope_recipient: str = "", return_paths: Iterable[str] = (), more_copies: Iterable[Mail] = ()
) -> Origin:
    """Return which of our mails this is about.

    `return_paths` are senders of ours that a report names, `more_copies` the mails that only it can find.
    """
    copies = [*returned_mails(mail), *more_copies]
    senders = [*delivered_to(mail, envelope_recipient=envelope_recipient), *return_paths]
    feedback_ids = headers(mail, "CFBL-Feedback-ID")
    links: list[str] = []
    for copy in copies:
        senders += headers(copy, "Return-Path")
        feedback_ids += headers(copy, "CFBL-Feedback-ID")
        links += headers(copy, "List-Unsubscribe")
    named = [value for copy in copies for value in headers(copy, "Message-ID")]
    named += headers(mail, "In-Reply-To", "References")
    delivery_pk = _first(read_return_path, senders)
    return Origin(
        delivery_pk=_first(read_feedback_token, feedback_ids) if delivery_pk is None else delivery_pk,
        subscription_pk=_subscription_pk(links),
        message_ids=tuple(dict.fromkeys(found for value in named for found in _MESSAGE_ID.findall(value)))[
            :MOST_MESSAGE_IDS
        ],
    )


def returned_mails(mail: Mail) -> list[Mail]:
    """Return the mails, or their headers, that this mail brings back: as parts, or else within its text."""
    parts = own_parts(mail)
    copies = [copy for part in parts if part.get_content_type() in _RETURNED for copy in within(part)[:1]]
    if copies:
        return copies
    texts = [text_of(part) for part in parts if part.get_content_maintype() == "text"]
    return [headers_in(text[begin.start() :]) for text in texts if (begin := _COPY.search(text))]


def _subscription_pk(links: list[str]) -> int | None:
    tokens = [token for link in links for token in _LINK_TOKEN.findall(link)]
    pk = _first(lambda token: read_token(Purpose.UNSUBSCRIBE, token=token), tokens)
    return _first(read_unsubscribe_address, links) if pk is None else pk


def _first(read: Callable[[str], int], values: Iterable[str]) -> int | None:
    for value in values:
        try:
            return read(value)
        except WrongToken:
            continue
    return None
