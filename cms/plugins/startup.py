"""What a plugin must satisfy before the hub starts with it."""

from __future__ import annotations

from collections.abc import Iterable

from cms.plugins.contract import Plugin
from cms.plugins.refusal import PluginRefused
from cms.plugins.rules import contract_matches, filters_are_clear, names_are_unique


def require_fit(plugins: Iterable[Plugin], *, taken: Iterable[str]) -> None:
    """Raise PluginRefused if a plugin is made for another contract, or if two plugins clash.

    `taken` holds the names of the query parameters that all page types share; no filter may have one of them.
    """
    every = tuple(plugins)
    errors = [
        *(error for plugin in every for error in contract_matches(plugin)),
        *names_are_unique(every),
        *filters_are_clear(every, taken=taken),
    ]
    if errors:
        raise PluginRefused(f"{errors[0].msg} {errors[0].hint} ({errors[0].id})")
