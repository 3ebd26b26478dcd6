"""The client's address, by which sign-ups and wrong passwords are counted."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address; for IPv6 its /64 network, which belongs to one customer; None if there is none.

    Behind a proxy (BEHIND_PROXY) it is the address that the proxy itself added to X-Forwarded-For. Otherwise the
    header is ignored, because anyone can set it.
    """
    proxies = settings.NINJA_NUM_PROXIES
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")[-proxies:] if proxies else []
    return _address(hops[0]) if hops and hops[0].strip() else _address(request.META.get("REMOTE_ADDR") or "")


def _address(written: str) -> str | None:
    host = written.strip()
    if host.startswith("["):  # some proxies write [address]:port
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))
