"""Domains of addresses: how machines write them, and which of them are in the operator's own network."""

from __future__ import annotations

import idna

from newsletters.conf import conf

# No public name server knows these, but the operator's own network may: RFC 6761, 6762, 7686, 8375, 9476, the names
# that ICANN reserves for private use, and the names that routers give themselves.
PRIVATE = frozenset(
    {
        "alt",
        "arpa",
        "corp",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "localnet",
        "mail",
        "onion",
        "private",
        "test",
    }
)


def ascii_domain(domain: str) -> str:
    """Return the domain as mail headers and the DNS have it (IDNA 2008); raise ValueError if it is not a domain.

    Python's own codec is not used: it only knows IDNA 2003 and would name another domain, as `ß` becomes `ss`.
    """
    return idna.encode(domain, uts46=True).decode() if needs_idna(domain) else domain


def readable_domain(domain: str) -> str:
    """Return the domain in the one form that people read; raise ValueError if it is not a domain."""
    return idna.decode(ascii_domain(domain)) if needs_idna(domain) else domain


def needs_idna(domain: str) -> bool:
    """Say whether it has letters of other scripts, or had them before it was written in ASCII."""
    return not domain.isascii() or "xn--" in domain.lower()


def is_reachable(domain: str) -> bool:
    """Say whether mails may be sent there: to a name on the internet, or in a domain of the setting `LOCAL_DOMAINS`."""
    name = ascii_domain(domain).lower()
    if any(name == allowed or name.endswith(f".{allowed}") for allowed in conf.LOCAL_DOMAINS):
        return True
    _rest, dot, last = name.rpartition(".")
    return bool(dot) and last not in PRIVATE and (last.isalpha() or last.startswith("xn--"))
