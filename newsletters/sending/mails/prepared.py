"""The fast way to make a mail: an edition is encoded once into bytes with slots, which each copy fills.

The result is the mail that `message_of` makes, as it is sent to an SMTP server; a test compares the two.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cached_property
from html import escape
from typing import TypeAlias

from cms.values.mail_headers import POLICY
from newsletters.conf import conf
from newsletters.models import Edition, Newsletter
from newsletters.sending.mails.message import list_unsubscribe, message_of, shared_headers
from newsletters.sending.mails.recipient import Recipient, recipient_of
from newsletters.sending.mails.recipient_rows import Copy
from newsletters.sending.mails.stencil import Stencil
from newsletters.sending.patience import Patience
from newsletters.sending.transport.quoted_printable import encode_value, split_at_slots
from newsletters.sending.transport.seam import MessageUnsendable, double_dots, making
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import TOKENS, Parts, personal_parts
from newsletters.values.remarks import Remark
from newsletters.values.return_path import make_return_path

HEAD, TEXT, HTML = "head", "plain", "html"
Slot: TypeAlias = tuple[str, str]  # which part it is in, and the token it is for
PERSONAL_HEADERS: Slot = (HEAD, "")
MOST_EDITIONS = 64  # kept at once; about 10 MB if each has 100 kB of HTML


class PreparedEdition:
    """One edition of a newsletter, encoded."""

    def __init__(self, edition: Edition, *, newsletter: Newsletter) -> None:
        """Encode the edition; raises ValueError, IndexError or UnicodeError if the sender's address is invalid."""
        self.edition, self.newsletter = edition, newsletter
        self.language, self.greeting = edition.locale.language_code, edition.salutation
        self._stencil: Stencil[Slot] = Stencil(self._pieces())

    def fill(self, copy: Copy, *, to: Recipient, now: datetime) -> bytes:
        """Return one copy with CRLF and dots doubled (RFC 5321, section 4.5.2), without the final dot."""
        links, parts = self.personal(copy)
        unsubscribe = list_unsubscribe(links, newsletter=self.newsletter, subscription_pk=copy.subscription_pk)
        head = f"Date: {format_datetime(now)}\r\nMessage-ID: {copy.message_id}\r\nList-Unsubscribe: {unsubscribe}\r\n"
        values: dict[Slot, bytes] = {PERSONAL_HEADERS: to.header + head.encode()}
        for token, words in parts.items():
            values[TEXT, token] = double_dots(encode_value(words))
            values[HTML, token] = double_dots(encode_value(escape(words)))
        return self._stencil.fill(values)

    def personal(self, copy: Copy) -> tuple[PersonalLinks, Parts]:
        """Return the links of a copy's reader, and the text for every token."""
        links = PersonalLinks.of(copy.subscription_pk or 0)
        parts = personal_parts(
            language=self.language,
            first_name=copy.first_name,
            links=links,
            greeting=self.greeting,
            own_words=copy.own_words,
        )
        return links, parts

    def _pieces(self) -> Iterator[bytes | Slot]:
        for name, value in shared_headers(self.edition, newsletter=self.newsletter).items():
            yield POLICY.fold(name, POLICY.header_factory(name, value)).encode()
        yield PERSONAL_HEADERS
        # "=_" never occurs in quoted-printable text, so no body can contain the boundary (RFC 2045, section 6.7).
        boundary = f"=_{self.edition.pk}"
        yield (
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n'
            f"Content-Language: {self.language}\r\n\r\n"
        ).encode()
        for subtype, body in ((TEXT, self.edition.text), (HTML, self.edition.html)):
            yield (
                f'--{boundary}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
                "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
            ).encode()
            for piece in split_at_slots(body, names=TOKENS):
                yield double_dots(piece) if isinstance(piece, bytes) else (subtype, piece)
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()


@dataclass(frozen=True, kw_only=True)
class PreparedMail:
    """One copy to send, made when a connection asks for it: as bytes for SMTP, or as a message for anything else."""

    copy: Copy
    sender: str
    to: Recipient
    edition: PreparedEdition
    clock: Callable[[], datetime]

    @property
    def recipient(self) -> str:
        """The address for the envelope."""
        return self.to.address

    @property
    def text(self) -> str:
        """The edition's plain text, with its tokens."""
        return self.edition.edition.text

    @property
    def html(self) -> str:
        """The edition's HTML, with its tokens."""
        return self.edition.edition.html

    @property
    def parts(self) -> Parts:
        """The text for every token."""
        return self.edition.personal(self.copy)[1]

    @cached_property
    def wire(self) -> bytes:
        """The bytes that follow DATA, without the final dot."""
        with making(f"delivery {self.copy.key}"):
            return self.edition.fill(self.copy, to=self.to, now=self.clock())

    def as_message(self) -> EmailMessage:
        """Return the same mail as a message."""
        edition, newsletter = self.edition.edition, self.edition.newsletter
        with making(f"delivery {self.copy.key}"):
            return message_of(self.copy, edition=edition, newsletter=newsletter, now=self.clock())


class PreparedEditions:
    """The editions that a worker is sending; it keeps the most recently used."""

    def __init__(self, *, newsletter: Newsletter, clock: Callable[[], datetime], patience: Patience) -> None:
        self._newsletter, self._clock, self._patience = newsletter, clock, patience
        self._kept: OrderedDict[int, PreparedEdition] = OrderedDict()

    def prepare(self, copy: Copy) -> PreparedMail:
        """Return the mail of this copy; raise MessageUnsendable if it has no recipient."""
        with making(f"delivery {copy.key}"):
            return self._prepare(copy)

    def _prepare(self, copy: Copy) -> PreparedMail:
        if copy.edition_pk is None or copy.subscription_pk is None:
            raise MessageUnsendable(Remark.NOBODY)
        return PreparedMail(
            copy=copy,
            sender=self._sender_of(copy),
            to=recipient_of(email=copy.email, name=copy.first_name),
            edition=self._edition(copy.edition_pk),
            clock=self._clock,
        )

    def _sender_of(self, copy: Copy) -> str:
        """Return the address for the envelope, to which bounces go."""
        if conf.BOUNCE_ADDRESS:
            return make_return_path(base=conf.BOUNCE_ADDRESS, delivery_pk=copy.key)
        return self._newsletter.sender_email

    def _edition(self, pk: int) -> PreparedEdition:
        kept = self._kept.pop(pk, None)
        if kept is None:
            edition = self._patience.insist(lambda: Edition.objects.select_related("locale").get(pk=pk))
            try:
                kept = PreparedEdition(edition, newsletter=self._newsletter)
            except (ValueError, IndexError, UnicodeError) as error:
                raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
            if len(self._kept) >= MOST_EDITIONS:
                self._kept.popitem(last=False)
        self._kept[pk] = kept
        return kept
