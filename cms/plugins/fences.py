"""Fences round plugins: what a plugin's code does wrong is left out, told and noted, and takes nothing else down.

Each call into what a plugin declares goes through `fenced`. What is raised there becomes a `Fault`: the log has the
traceback, the report “Plugins” shows it, and whoever gathers faults meanwhile (`gathering_faults`) is given it.
A part that takes too long rests for a while, because no thread can be stopped from outside.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from django.db import Error as DatabaseProblem

from cms.plugins.registry import owner_of

logger = logging.getLogger(__name__)

T = TypeVar("T")

SLOW_SECONDS = 5.0  # what takes longer than this is a fault
REST_SECONDS = 300.0  # how long a part that was too slow is not asked again by this process


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that a plugin's part did wrong: what it was asked about, and what came of it."""

    plugin: str
    part: str
    about: str
    error: str


class Recorder:
    """Where faults are kept for the report; the app puts its table there when it is ready."""

    record: Callable[[Fault], None] = staticmethod(lambda _fault: None)


_gathered: ContextVar[list[Fault] | None] = ContextVar("gathered", default=None)
_resting: dict[tuple[str, str], float] = {}


def fenced(
    part: str,
    call: Callable[[], T],
    *,
    of: object,
    about: object = "",
    otherwise: T,
    passing: tuple[type[Exception], ...] = (),
) -> T:
    """Return what `call` returns, `otherwise` if it raises something or rests because it was too slow.

    `of` is what the plugin declared (a card, a kind of block …), `part` says what of it is called, `about` is the page
    or the issue in question. What the database raises passes, and so do exceptions of the kinds in `passing`.
    """
    plugin = owner_of(of)
    began = time.monotonic()
    if _resting.get((plugin, part), 0.0) > began:
        _note(Fault(plugin=plugin, part=part, about=str(about), error="rests, because it was too slow"), is_new=False)
        return otherwise
    let_pass: tuple[type[Exception], ...] = (DatabaseProblem, *passing)
    try:
        found = call()
    except let_pass:
        raise
    except Exception as error:
        _note(_fault_of(error, plugin=plugin, part=part, about=about), error=error)
        return otherwise
    seconds = time.monotonic() - began
    if seconds > SLOW_SECONDS:
        _resting[plugin, part] = time.monotonic() + REST_SECONDS
        _note(Fault(plugin=plugin, part=part, about=str(about), error=f"took {seconds:.1f} s"))
    return found


@contextmanager
def noting(part: str, *, of: object, about: object = "") -> Iterator[None]:
    """Note what is raised within, and let it pass: nothing can stand in its place."""
    try:
        yield
    except DatabaseProblem:
        raise
    except Exception as error:
        _note(_fault_of(error, plugin=owner_of(of), part=part, about=about), error=error)
        raise


@contextmanager
def gathering_faults() -> Iterator[list[Fault]]:
    """Gather what goes wrong behind fences within."""
    faults: list[Fault] = []
    token = _gathered.set(faults)
    try:
        yield faults
    finally:
        _gathered.reset(token)


def complain(part: str, *, of: object, about: object, error: str) -> None:
    """Note what a plugin's part did wrong without raising anything."""
    _note(Fault(plugin=owner_of(of), part=part, about=str(about), error=error))


def forget_rests() -> None:
    """Ask all parts again; for tests."""
    _resting.clear()


def _fault_of(error: Exception, *, plugin: str, part: str, about: object) -> Fault:
    return Fault(plugin=plugin, part=part, about=str(about), error=f"{type(error).__name__}: {error}")


def _note(fault: Fault, *, error: Exception | None = None, is_new: bool = True) -> None:
    faults = _gathered.get()
    if faults is not None:
        faults.append(fault)
    if not is_new:
        return
    logger.error(
        "Plugin %s: %s of “%s” was left out: %s", fault.plugin, fault.part, fault.about, fault.error, exc_info=error
    )
    try:
        Recorder.record(fault)
    except Exception:
        logger.exception("A fault of plugin %s could not be kept", fault.plugin)
