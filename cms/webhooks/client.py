"""Requests to somebody else's server: never to a private address, never for long; a POST never after a redirect."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress, get_ip_address
from requests_hardened.ip_filter_adapter import IPFilterAdapter

from cms.conf import webhooks_conf
from cms.network.http import TimelyAdapter, answered_within

EXCERPT_BYTES = 1000
USER_AGENT = "InnovationHub-Webhooks/1"
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # RFC 4291, section 2.4


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the receiver said: the status code, the beginning of the body, and its `Retry-After` as it stands."""

    status: int
    excerpt: str = ""
    retry_after: str = ""


class NoAnswer(Exception):
    """The receiver could not be reached or did not answer."""


class NotAllowed(NoAnswer):
    """The name leads to an address that is not public."""


class UnknownHost(NoAnswer):
    """There is no host of this name."""


class BadCertificate(NoAnswer):
    """The receiver's certificate is not valid for its name."""


class TooSlow(NoAnswer):
    """The receiver did not answer in time."""


class Post(Protocol):
    """How a webhook leaves the house."""

    def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body`; raise NoAnswer or one of its kinds if there is no answer."""


class PublicAdapter(IPFilterAdapter, TimelyAdapter):
    """Resolves once, refuses what is not public, and connects to the very address that it looked at.

    requests-hardened takes IPv4-compatible (::127.0.0.1) and site-local (fec0::/10) addresses for public ones;
    only the global unicast part of IPv6 is.
    """

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: FBT001 - as requests calls it
        cert: str | tuple[str, str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Do as the filter does, then look again at an IPv6 address."""
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ipaddress.ip_address(host_params["host"].strip("[]"))
        if not is_public(address):
            raise InvalidIPAddress(address)
        return host_params, pool_kwargs


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether something may be sent to this address; no name is resolved."""
    if address.version == 6 and not address.ipv4_mapped and address not in GLOBAL_UNICAST:
        return False
    try:
        get_ip_address(str(address), 443, allow_loopback=False)
    except InvalidIPAddress:
        return False
    return True


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send `body` to `url`; return the answer, or raise NoAnswer or one of its kinds."""
    with (
        no_answer_in_words(),
        in_time(),
        public_session(user_agent=USER_AGENT, never_redirect=True) as session,
        session.post(url, data=body, headers=headers, stream=True) as reply,
    ):
        retry_after = reply.headers.get("Retry-After", "")
        return Answer(status=reply.status_code, excerpt=_excerpt(reply), retry_after=retry_after)


@contextmanager
def no_answer_in_words() -> Iterator[None]:
    """Raise NoAnswer or one of its kinds for whatever a request within it raises."""
    try:
        yield
    except InvalidIPAddress as error:
        raise NotAllowed from error
    except requests.exceptions.SSLError as error:
        raise BadCertificate from error
    except requests.exceptions.Timeout as error:
        raise TooSlow from error
    except (requests.RequestException, ValueError) as error:  # a host that no resolver takes is a ValueError
        raise (UnknownHost if _has_no_such_name(error) else NoAnswer) from error


def _has_no_such_name(error: BaseException | None) -> bool:
    """Say whether the name service knows no such name; that it cannot be asked now (EAI_AGAIN) is something else."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return error.errno == socket.EAI_NONAME
        error = error.__cause__ or error.__context__
    return False


def public_session(*, user_agent: str, never_redirect: bool) -> HTTPSession:
    """Return a session that reaches public addresses only, also after each redirect; use it within `in_time`."""
    config = Config(
        ip_filter_enable=False,  # with our own adapter instead
        ip_filter_allow_loopback_ips=False,
        never_redirect=never_redirect,
        default_timeout=(webhooks_conf.CONNECT_SECONDS, webhooks_conf.ANSWER_SECONDS),
        user_agent_override=user_agent,
    )
    session = HTTPSession(config)
    session.headers["Accept-Encoding"] = "identity"
    session.trust_env = False  # a proxy would resolve the name again; a .netrc would add a password
    for scheme, is_https in (("http://", False), ("https://", True)):
        adapter = TimelyAdapter() if webhooks_conf.ALLOW_PRIVATE else PublicAdapter(is_https_proto=is_https)  # type: ignore[call-arg]  # the filter has no types
        session.mount(scheme, adapter)
    return session


def in_time() -> AbstractContextManager[None]:
    """Let what is asked in the block, with all its redirects, take no longer than one answer may."""
    return answered_within(webhooks_conf.CONNECT_SECONDS + webhooks_conf.ANSWER_SECONDS)


def _excerpt(reply: requests.Response) -> str:
    """Return what comes with the first read of the body; the rest of it is not waited for."""
    try:
        raw: bytes = reply.raw.read1(EXCERPT_BYTES, decode_content=False)
    except Exception:  # the status counts, whatever becomes of the body
        return ""
    return raw[:EXCERPT_BYTES].decode(errors="replace").replace("\x00", "")
