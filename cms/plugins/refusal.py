"""A plugin that keeps the hub from starting: the process ends with one line that names it and says what to do.

Django's app registry may not be loaded yet: settings call `end_with_one_line`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from types import TracebackType

from django.apps.registry import Apps
from django.core.exceptions import ImproperlyConfigured

from cms.plugins.contract import plugin_entry_points


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
        if refused := _refusal(error):
            raise refused from error
        raise


def end_with_one_line() -> None:
    """Have this process print one line instead of a traceback if a plugin fails while Django loads the apps.

    `manage.py` and `cms.wsgi` use `blaming_plugins`; this is for all other commands, such as `python -m django`.
    """
    of_process, of_thread = sys.excepthook, threading.excepthook

    def end(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not _print_refusal(error):
            of_process(kind, error, traceback)

    def end_thread(args: threading.ExceptHookArgs) -> None:  # the thread of `runserver`
        if not _print_refusal(args.exc_value):
            of_thread(args)

    sys.excepthook, threading.excepthook = end, end_thread


def _print_refusal(error: BaseException | None) -> bool:
    """Print which plugin failed while Django loaded the apps; return False if none did."""
    if not isinstance(error, Exception) or not _is_from_loading(error) or not (refused := _refusal(error)):
        return False
    print(refused, file=sys.stderr)
    return True


def _is_from_loading(error: Exception) -> bool:
    return any(frame.f_code is Apps.populate.__code__ for frame, _ in walk_tb(error.__traceback__))


def _refusal(error: Exception) -> PluginRefused | None:
    """Return the error as one of a plugin; None if it is not the fault of any."""
    if isinstance(error, PluginRefused):
        return error
    if isinstance(error, ImproperlyConfigured) or not (name := _plugin_behind(error.__traceback__)):
        return None
    return PluginRefused(
        f"The plugin “{name}” cannot be loaded: {type(error).__name__}: {error}. "
        f"Set HUB_PLUGINS_DISABLED={name} to start without it until it is fixed."
    )


def _plugin_behind(traceback: TracebackType | None) -> str:
    """Return the name of the plugin whose code is innermost in the traceback; empty if there is none."""
    packages = {entry.value.partition(".")[0]: entry.name for entry in plugin_entry_points() if entry.name != "cms"}
    found = ""
    while traceback is not None:
        package = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        found = packages.get(package, found)
        traceback = traceback.tb_next
    return found
