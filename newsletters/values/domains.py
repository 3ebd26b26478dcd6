"""Domains of addresses: how machines write them, and which of them lie in the operator's own network."""

from __future__ import annotations

import idna

from newsletters.conf import conf

# No public name server knows them, but the operator's own network may: RFC 6761, 6762, 7686, 8375, 9476, what ICANN
# keeps free for private use, and what routers call themselves.
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
    """Return the domain as it stands in mail headers and the DNS (IDNA 2008); raise ValueError if it is none.

    Not by Python's own codec, which knows IDNA 2003 only and writes to another domain: `ß` becomes `ss`.
    """
    return idna.encode(domain, uts46=True).decode() if needs_idna(domain) else domain


def readable_domain(domain: str) -> str:
    """Return the one way in which people read the domain; raise ValueError if it is none."""
    return idna.decode(ascii_domain(domain)) if needs_idna(domain) else domain


def needs_idna(domain: str) -> bool:
    """Say whether letters of other scripts are in it, or were before it was written in ASCII."""
    return not domain.isascii() or "xn--" in domain.lower()


def is_reachable(domain: str) -> bool:
    """Say whether mails may be sent there: to a name on the internet, or in one of the setting `LOCAL_DOMAINS`."""
    name = ascii_domain(domain).lower()
    if any(name == allowed or name.endswith(f".{allowed}") for allowed in conf.LOCAL_DOMAINS):
        return True
    _rest, dot, last = name.rpartition(".")
    return bool(dot) and last not in PRIVATE and (last.isalpha() or last.startswith("xn--"))
