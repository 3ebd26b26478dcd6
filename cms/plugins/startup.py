"""The error when a plugin prevents the hub from starting: it names the plugin, and how to start without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType

from django.core.exceptions import ImproperlyConfigured

from cms.plugins.contract import Plugin, plugin_entry_points
from cms.plugins.rules import contract_matches, names_are_unique


class PluginRefused(ImproperlyConfigured):
    """A plugin cannot be part of this hub; the message names the plugin, the reason, and what to do."""


@contextmanager
def blaming_plugins() -> Iterator[None]:
    """Turn an exception from the code of an installed plugin, other than the core, into PluginRefused."""
    try:
        yield
    except ImproperlyConfigured:
        raise
    except Exception as error:
        if name := _plugin_behind(error.__traceback__):
            raise PluginRefused(
                f"The plugin “{name}” cannot be loaded: {type(error).__name__}: {error}. "
                f"Set HUB_PLUGINS_DISABLED={name} to start without it until it is fixed."
            ) from error
        raise


def require_fit(plugins: Iterable[Plugin]) -> None:
    """Raise PluginRefused if a plugin is made for another contract, or if two plugins clash."""
    every = tuple(plugins)
    errors = [*(error for plugin in every for error in contract_matches(plugin)), *names_are_unique(every)]
    if errors:
        raise PluginRefused(f"{errors[0].msg} {errors[0].hint} ({errors[0].id})")


def _plugin_behind(traceback: TracebackType | None) -> str:
    """Return the name of the plugin whose code is innermost in the traceback; empty if there is none."""
    packages = {entry.value.partition(".")[0]: entry.name for entry in plugin_entry_points() if entry.name != "cms"}
    found = ""
    while traceback is not None:
        package = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        found = packages.get(package, found)
        traceback = traceback.tb_next
    return found
