"""Where the mailbox for bounces is: the setting `BOUNCE_MAILBOX`, an address like `imaps://user:password@host/INBOX`.

Percent-encode special characters of the user's name and the password. After `?`, `move=Folder` says where handled mails
go, and `delete=yes` deletes them; otherwise they are marked as read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    """How the connection is encrypted."""

    TLS = "imaps"  # from its start
    STARTTLS = "imap+tls"  # after the first line
    NONE = "imap"  # on this machine only


_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}


@dataclass(frozen=True, kw_only=True)
class MailboxAddress:
    """A folder on an IMAP server, and what becomes of the mails in it that were handled."""

    security: Security
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    move_to: str = ""
    deletes: bool = False


def mailbox_address(url: str) -> MailboxAddress:
    """Return what the setting says; raise ValueError if it is wrong, with a message that does not repeat any of it."""
    try:
        return _mailbox_address(urlsplit(url))
    except _Wrong as wrong:
        problem = str(wrong)
    except ValueError:  # Python's own messages quote parts of the address: the password may be in them
        problem = "it is not an address"
    raise ValueError(problem)


class _Wrong(ValueError):
    """Our own message."""


def _mailbox_address(parts: SplitResult) -> MailboxAddress:
    if parts.scheme not in set(Security):
        raise _Wrong("it must begin with imaps://, imap+tls:// or imap://")
    security = Security(parts.scheme)
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    if not (host and user and password):
        raise _Wrong("it needs a user, a password and a host")
    if not (user + password).isascii() or not (user + password).isprintable():
        raise _Wrong("its user and password must be ASCII")  # as IMAP4rev1's LOGIN (RFC 3501, section 6.2.3)
    if security is Security.NONE and host not in _LOOPBACK:
        raise _Wrong("imap:// would send the password unencrypted; use imaps:// or imap+tls://")
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    move_to, delete = options.pop("move", ""), options.pop("delete", "")
    if options or delete not in {"", "yes"} or (delete and move_to) or parts.fragment:
        raise _Wrong("after ? it may have either move=Folder or delete=yes")
    return MailboxAddress(
        security=security,
        host=host,
        port=parts.port or _PORTS[security],
        user=user,
        password=password,
        folder=unquote(parts.path.strip("/")) or "INBOX",
        move_to=move_to,
        deletes=bool(delete),
    )
