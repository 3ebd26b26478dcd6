"""System checks of the newsletter's settings, so that a mistake shows when the server starts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from newsletters.audience.segments.kinds import CONDITION_KINDS
from newsletters.conf import Conf, conf
from newsletters.results.incoming.mailbox_address import mailbox_address
from newsletters.results.provider_events import has_secret, known_providers
from newsletters.sending.mails.feedback import KIND, is_sender
from newsletters.sending.transport.seam import Transport
from newsletters.values.addresses import clean_address
from newsletters.values.return_path import MOST_BASE, is_base

PLACE = "HUB_NEWSLETTERS"


def register() -> None:
    """Register the checks; called once when the app is ready."""
    checks.register(check_settings)
    checks.register(check_condition_kinds)
    checks.register(check_suppression_key, checks.Tags.security, deploy=True)


def check_settings(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it by this name
    **_kwargs: object,
) -> list[checks.CheckMessage]:
    """Return the errors in HUB_NEWSLETTERS."""
    return [
        *_unknown_keys(),
        *_lost_keys(),
        *_numbers(),
        *_switches(),
        *_public_url(),
        *_feedback_sender(),
        *_incoming_addresses(),
        *_bounce_mailbox(),
        *_replies_to(),
        *_provider_webhooks(),
        *_transport(),
    ]


def check_condition_kinds(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it by this name
    **_kwargs: object,
) -> list[checks.CheckMessage]:
    """Return an error for each kind of condition that would fail once somebody uses it in a segment."""
    return [
        checks.Error(
            f"The kind of condition {kind.__name__} lacks {', '.join(lacking)}.",
            hint="newsletters/audience/segments/condition.py says what every kind has.",
            id="hub_newsletters.E024",
        )
        for kind in CONDITION_KINDS.values()
        if (lacking := kind.lacks())
    ]


def check_suppression_key(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes it by this name
    **_kwargs: object,
) -> list[checks.CheckMessage]:
    """Warn if erased people would be forgotten together with the secret key."""
    if conf.SUPPRESSION_KEY:
        return []
    return [
        checks.Warning(
            f"{PLACE}['SUPPRESSION_KEY'] is empty: with a new SECRET_KEY, nobody recognises erased addresses any more.",
            hint="Set HUB_SUPPRESSION_KEY to a long random text, and keep it for good outside the database.",
            id="hub_newsletters.W001",
        )
    ]


def _unknown_keys() -> list[checks.CheckMessage]:
    unknown = sorted(set(getattr(settings, PLACE, {})) - set(Conf.__annotations__))
    known = ", ".join(sorted(Conf.__annotations__))
    return [
        checks.Error(f"{PLACE} has no key {name!r}.", hint=f"Its keys are {known}.", id="hub_newsletters.E001")
        for name in unknown
    ]


def _lost_keys() -> list[checks.CheckMessage]:
    """Replacing HUB_NEWSLETTERS loses these keys, and personal links in mails would lead to localhost."""
    lost = sorted({"PUBLIC_URL", "TRANSPORT"} - set(getattr(settings, PLACE, {})))
    return [
        checks.Error(
            f"{PLACE} has no {name!r}.",
            hint=f"Add to what cms.settings has instead of replacing it: {PLACE} |= {{…}}",
            id="hub_newsletters.E005",
        )
        for name in lost
    ]


def _numbers() -> list[checks.CheckMessage]:
    kinds = {name: kind for name, kind in Conf.__annotations__.items() if kind in (int, int | None)}
    numbers = [name for name, kind in kinds.items() if kind is int or getattr(conf, name) is not None]
    return [
        checks.Error(
            f"{PLACE}[{name!r}] must be a whole number above 0, not {getattr(conf, name)!r}.",
            hint="newsletters/conf.py says what the number means.",
            id="hub_newsletters.E002",
        )
        for name in numbers
        if not isinstance(getattr(conf, name), int) or getattr(conf, name) < 1
    ]


def _switches() -> list[checks.CheckMessage]:
    switches = [name for name, kind in Conf.__annotations__.items() if kind is bool]
    return [
        checks.Error(
            f"{PLACE}[{name!r}] must be True or False, not {getattr(conf, name)!r}.",
            hint="newsletters/conf.py says what it switches on.",
            id="hub_newsletters.E020",
        )
        for name in switches
        if not isinstance(getattr(conf, name), bool)
    ]


def _public_url() -> list[checks.CheckMessage]:
    parts = urlsplit(str(conf.PUBLIC_URL))
    is_whole = parts.scheme in {"http", "https"} and parts.netloc and not str(conf.PUBLIC_URL).endswith("/")
    if is_whole and str(conf.PUBLIC_URL).isascii():  # mail headers allow no other characters
        return []
    return [
        checks.Error(
            f"{PLACE}['PUBLIC_URL'] is not an address: {conf.PUBLIC_URL!r}.",
            hint="Write https:// and the host (in ASCII: xn--…), without a slash at the end: https://hub.example.org",
            id="hub_newsletters.E003",
        )
    ]


def _feedback_sender() -> list[checks.CheckMessage]:
    if conf.FEEDBACK_SENDER == "" or is_sender(conf.FEEDBACK_SENDER):
        return []
    return [
        checks.Error(
            f"{PLACE}['FEEDBACK_SENDER'] cannot be the sender in Gmail's Feedback-ID: {conf.FEEDBACK_SENDER!r}.",
            hint=f"Write 5 to 15 letters and digits, not {KIND!r}, and keep it: Gmail recognises you by it.",
            id="hub_newsletters.E021",
        )
    ]


def _incoming_addresses() -> list[checks.CheckMessage]:
    names = ("BOUNCE_ADDRESS", "UNSUBSCRIBE_ADDRESS")
    return [
        checks.Error(
            f"{PLACE}[{name!r}] cannot have a token added to it: {getattr(conf, name)!r}.",
            hint=f"Write an address in lower case, without +, with at most {MOST_BASE} characters before the @.",
            id="hub_newsletters.E022",
        )
        for name in names
        if getattr(conf, name) != "" and not is_base(getattr(conf, name))
    ]


def _bounce_mailbox() -> list[checks.CheckMessage]:
    try:
        if conf.BOUNCE_MAILBOX != "":
            mailbox_address(conf.BOUNCE_MAILBOX)
    except (AttributeError, TypeError, ValueError) as error:
        problem = str(error) if isinstance(error, ValueError) else "it is not text"
        return [
            checks.Error(  # without the setting itself, as the password is in it
                f"{PLACE}['BOUNCE_MAILBOX'] is wrong: {problem}.",
                hint="Write imaps://user:password@host/INBOX, with special characters percent-encoded.",
                id="hub_newsletters.E023",
            )
        ]
    return []


def _replies_to() -> list[checks.CheckMessage]:
    try:
        if conf.REPLIES_TO == "" or not _is_read_by_the_hub(clean_address(conf.REPLIES_TO)):
            return []
    except ValidationError:
        pass
    return [
        checks.Error(
            f"{PLACE}['REPLIES_TO'] is not an address of a person: {conf.REPLIES_TO!r}.",
            hint="Write an address that somebody reads, and not one whose mails the hub reads.",
            id="hub_newsletters.E024",
        )
    ]


def _is_read_by_the_hub(address: str) -> bool:
    return address.lower() in {conf.BOUNCE_ADDRESS, conf.UNSUBSCRIBE_ADDRESS}


def _provider_webhooks() -> list[checks.CheckMessage]:
    """Anybody could report that readers complained if anymail had no secret."""
    if not conf.PROVIDER_WEBHOOKS:
        return []
    try:
        known = sorted(known_providers())
    except ImportError:
        known = []
    unknown = [name for name in conf.PROVIDER_WEBHOOKS if name not in known]
    if not unknown and has_secret():
        return []
    problem = f"names {', '.join(map(repr, unknown))}" if unknown else "needs ANYMAIL['WEBHOOK_SECRET']"
    return [
        checks.Error(
            f"{PLACE}['PROVIDER_WEBHOOKS'] {problem}.",
            hint=f"Install innovation-hub[anymail], set HUB_PROVIDER_SECRET, and use these names: {', '.join(known)}",
            id="hub_newsletters.E025",
        )
    ]


def _transport() -> list[checks.CheckMessage]:
    wanted = conf.TRANSPORT
    try:
        transport: Transport = import_string(wanted["BACKEND"])(**wanted.get("OPTIONS", {}))
        _ = transport.connect, transport.most
    except (AttributeError, ImportError, KeyError, TypeError, ValueError) as error:
        return [
            checks.Error(
                f"{PLACE}['TRANSPORT'] cannot be set up: {error}.",
                hint="BACKEND is the import path of a transport, OPTIONS are its keyword arguments.",
                id="hub_newsletters.E004",
            )
        ]
    return []
