"""Read a mailbox over IMAP, one mail at a time. A mail stays unread until its caller has handled it.

If the program ends in between, the mail is read again at the next run: handling a mail twice must do no harm.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from imapclient import DELETED, FLAGGED, SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, ProtocolError

from newsletters.exceptions import MailboxDown
from newsletters.results.incoming.mailbox_address import MailboxAddress, Security
from newsletters.results.incoming.parsing import MOST_BYTES

CONNECT_SECONDS = 30
ANSWER_SECONDS = 60
MOST_MAILS = 1000  # of one run
MOST_PROBLEM = 200  # characters of a server's answer

logging.getLogger("imapclient").setLevel(logging.INFO)  # its debug messages show the mails


@dataclass(frozen=True, kw_only=True)
class IncomingMail:
    """An unread mail: its number in the folder, and its first MOST_BYTES."""

    uid: int
    raw: bytes


class Mailbox:
    """A folder that is open."""

    def __init__(self, client: IMAPClient, address: MailboxAddress) -> None:
        self._client, self._address = client, address

    def unread(self, *, most: int = MOST_MAILS) -> Iterator[IncomingMail]:
        """Fetch the unread mails one after the other, the oldest first; raise MailboxDown."""
        with _problems(self._address):
            uids = sorted(self._client.search(["UNSEEN", "UNDELETED"]))[:most]
        for uid in uids:
            raw = self._fetch(uid)
            if raw is not None:
                yield IncomingMail(uid=uid, raw=raw)

    def mark_handled(self, mail: IncomingMail, *, is_kept: bool = False) -> None:
        """Mark the mail as read, or move or delete it as the address says; raise MailboxDown.

        A mail that `is_kept` stays, with a flag: a person's reply, or what a person has to look at.
        """
        with _problems(self._address):
            if is_kept:
                self._client.add_flags([mail.uid], [SEEN, FLAGGED])
            elif not (self._address.move_to or self._address.deletes):
                self._client.add_flags([mail.uid], [SEEN])
            elif self._address.deletes:
                self._delete(mail.uid)
            elif self._client.has_capability("MOVE"):
                self._client.add_flags([mail.uid], [SEEN])
                self._client.move([mail.uid], self._address.move_to)
            else:
                self._client.copy([mail.uid], self._address.move_to)
                self._delete(mail.uid)

    def _fetch(self, uid: int) -> bytes | None:
        """Return the beginning of a mail, without marking it as read; None if another program took it away."""
        with _problems(self._address):
            items = self._client.fetch([uid], [f"BODY.PEEK[]<0.{MOST_BYTES}>"]).get(uid, {})
        raw = items.get(b"BODY[]<0>")
        return raw[:MOST_BYTES] if isinstance(raw, bytes) else None

    def _delete(self, uid: int) -> None:
        self._client.add_flags([uid], [SEEN, DELETED])
        if self._client.has_capability("UIDPLUS"):  # otherwise others' deleted mails would vanish along with it
            self._client.uid_expunge([uid])


@contextmanager
def open_mailbox(address: MailboxAddress, *, tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Connect, log in and open the folder; raise MailboxDown. `tls` says whom to trust, by default the system's."""
    with _problems(address):
        client = IMAPClient(
            address.host,
            port=address.port,
            ssl=address.security is Security.TLS,
            ssl_context=tls or ssl.create_default_context(),
            timeout=SocketTimeout(CONNECT_SECONDS, ANSWER_SECONDS),
        )
    with client:  # logs out
        with _problems(address):
            if address.security is Security.STARTTLS:
                client.starttls(tls or ssl.create_default_context())
            client.login(address.user, address.password)
            if address.move_to and not client.folder_exists(address.move_to):
                client.create_folder(address.move_to)
            client.select_folder(address.folder)
        yield Mailbox(client, address)


@contextmanager
def _problems(address: MailboxAddress) -> Iterator[None]:
    """Turn the library's errors into MailboxDown, without the password, which some servers repeat."""
    try:
        yield
    except (IMAPClientError, ProtocolError, OSError, ValueError, LookupError, TypeError, AssertionError) as error:
        words = str(error) or type(error).__name__
        problem = words.replace(address.password, "…")[:MOST_PROBLEM]
        raise MailboxDown(f"{address.host}: {problem}") from None
