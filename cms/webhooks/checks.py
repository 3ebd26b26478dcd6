"""System checks of the webhooks' settings, so that a typo shows when the server starts."""

from __future__ import annotations

from django.conf import settings
from django.core import checks

from cms.conf import WebhooksConf, webhooks_conf

PLACE = "HUB_WEBHOOKS"


def register() -> None:
    """Register the check; called once, when the app is ready."""
    checks.register(check_settings)


def check_settings(*_args: object, **_kwargs: object) -> list[checks.CheckMessage]:
    """Return what is wrong with HUB_WEBHOOKS."""
    known = ", ".join(sorted(WebhooksConf.__annotations__))
    unknown = [
        checks.Error(f"{PLACE} has no key {name!r}.", hint=f"The keys are {known}.", id="hub_cms.E021")
        for name in sorted(set(getattr(settings, PLACE, {})) - set(WebhooksConf.__annotations__))
    ]
    numbers = [
        (name, getattr(webhooks_conf, name)) for name, kind in WebhooksConf.__annotations__.items() if kind is int
    ]
    numbers += [("RETRY_SECONDS", seconds) for seconds in webhooks_conf.RETRY_SECONDS]
    return [*unknown, *(_not_a_number(name, value) for name, value in numbers if not _counts(value))]


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _not_a_number(name: str, value: object) -> checks.CheckMessage:
    return checks.Error(
        f"{PLACE}[{name!r}] must be a whole number above 0, not {value!r}.",
        hint="cms/conf.py says what the number means.",
        id="hub_cms.E022",
    )
