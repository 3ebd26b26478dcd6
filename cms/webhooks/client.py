"""Requests to other people's servers: never to a private address, never for long, no POST after a redirect."""

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
    """The receiver's response: its status code, the beginning of its body, and its raw `Retry-After` header."""

    status: int
    excerpt: str = ""
    retry_after: str = ""


class NoAnswer(Exception):
    """The receiver could not be reached or did not answer."""


class AddressNotAllowed(NoAnswer):
    """The host name resolves to an address that is not public."""


class UnknownHost(NoAnswer):
    """There is no host with this name."""


class BadCertificate(NoAnswer):
    """The receiver's certificate is not valid for its name."""


class TooSlow(NoAnswer):
    """The receiver did not answer in time."""


class Post(Protocol):
    """A function that sends a webhook's message."""

    def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send `body`; raise NoAnswer or a subclass if there is no answer."""


class PublicAdapter(IPFilterAdapter, TimelyAdapter):
    """Resolves a name once, refuses addresses that are not public, and connects to the very address it checked.

    requests-hardened treats IPv4-compatible (::127.0.0.1) and site-local (fec0::/10) addresses as public; in IPv6 only
    global unicast addresses are.
    """

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,  # noqa: FBT001 - as requests calls it
        cert: str | tuple[str, str] | None = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Filter as the base class does, then check IPv6 addresses more strictly."""
        host_params, pool_kwargs = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ipaddress.ip_address(host_params["host"].strip("[]"))
        if not is_public(address):
            raise InvalidIPAddress(address)
        return host_params, pool_kwargs


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Return whether messages may be sent to this address; no name is resolved."""
    if address.version == 6 and not address.ipv4_mapped and address not in GLOBAL_UNICAST:
        return False
    try:
        get_ip_address(str(address), 443, allow_loopback=False)
    except InvalidIPAddress:
        return False
    return True


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send `body` to `url`; return the answer, or raise NoAnswer or a subclass."""
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
    """Turn whatever a request within the block raises into NoAnswer or a subclass."""
    try:
        yield
    except InvalidIPAddress as error:
        raise AddressNotAllowed from error
    except requests.exceptions.SSLError as error:
        raise BadCertificate from error
    except requests.exceptions.Timeout as error:
        raise TooSlow from error
    except (requests.RequestException, ValueError) as error:  # a host name that no resolver accepts raises ValueError
        raise (UnknownHost if _has_no_such_name(error) else NoAnswer) from error


def _has_no_such_name(error: BaseException | None) -> bool:
    """Return whether the name does not exist; that DNS cannot be reached now (EAI_AGAIN) is something else."""
    while error is not None:
        if isinstance(error, socket.gaierror):
            return error.errno == socket.EAI_NONAME
        error = error.__cause__ or error.__context__
    return False


def public_session(*, user_agent: str, never_redirect: bool) -> HTTPSession:
    """Return a session that reaches only public addresses, also after redirects; use it within `in_time`."""
    config = Config(
        ip_filter_enable=False,  # our own adapter does that
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
    """Limit the requests within the block, including redirects, to the time that an answer may take."""
    return answered_within(webhooks_conf.CONNECT_SECONDS + webhooks_conf.ANSWER_SECONDS)


def _excerpt(reply: requests.Response) -> str:
    """Return the first read of the body, without waiting for the rest."""
    try:
        raw: bytes = reply.raw.read1(EXCERPT_BYTES, decode_content=False)
    except Exception:  # only the status matters
        return ""
    return raw[:EXCERPT_BYTES].decode(errors="replace").replace("\x00", "")
