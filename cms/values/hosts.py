"""Internationalised host names: in ASCII for programs, in Unicode for readers (IDNA 2008, RFC 5891)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote, urlsplit, urlunsplit

import idna

_MAILBOX_HOST = re.compile(r"(?<=@)[^,?@]+")


def ascii_host(host: str) -> str:
    """Return the host in ASCII, as name servers know it."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:  # browsers look up names with emoji too, which the standard excludes
        labels = unicodedata.normalize("NFKC", host).lower().split(".")
        return ".".join(label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in labels)


def ascii_mailbox(email: str) -> str:
    """Return a mail address with its domain in ASCII."""
    local, at, domain = email.rpartition("@")
    return f"{local}{at}{ascii_host(domain)}"


def readable_host(host: str) -> str:
    """Return the host in Unicode."""
    try:
        return idna.decode(host) if "xn--" in host.lower() else host
    except idna.IDNAError:
        return host


def with_ascii_host(url: str) -> str:
    """Return the URL, a `mailto:` one included, with its host in ASCII."""
    return _with_host(url, ascii_host)


def with_readable_host(url: str) -> str:
    """Return the URL with its host in Unicode."""
    return _with_host(url, readable_host)


def _with_host(url: str, change: Callable[[str], str]) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if parts.scheme == "mailto":
        path = _MAILBOX_HOST.sub(lambda found: change(unquote(found[0])), parts.path)
        return urlunsplit(parts._replace(path=path)) if path != parts.path else url
    before, at, place = parts.netloc.rpartition("@")
    host, colon, port = place.partition(":")
    changed = change(unquote(host))
    return url if changed == host else urlunsplit(parts._replace(netloc=f"{before}{at}{changed}{colon}{port}"))
