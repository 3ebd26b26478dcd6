"""Fences around plugins: when a plugin's code fails, its part is left out and recorded, and the rest goes on.

Each call into what a plugin declares goes through `fenced`. What it raises becomes a `Fault`: the log has the
traceback, the report “Plugins” shows the fault, and `gathering_faults` collects it. A part that takes too long is not
called for a while, because a thread cannot be stopped from outside.
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

SLOW_SECONDS = 5.0  # a longer call is a fault
REST_SECONDS = 300.0  # how long this process does not call a part again that was too slow


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failure in a part of a plugin: what the part was called for, and the error."""

    plugin: str
    part: str
    about: str
    error: str


class Recorder:
    """Stores faults for the report; the app sets `record` when it is ready."""

    record: Callable[[Fault], None] = staticmethod(lambda _fault: None)


_gathered: ContextVar[list[Fault] | None] = ContextVar("gathered", default=None)
_seconds_within: ContextVar[float] = ContextVar("seconds_within", default=0.0)  # of the fences inside this one
_resting: dict[tuple[str, str, str], float] = {}


def fenced(
    part: str,
    call: Callable[[], T],
    *,
    of: object,
    about: object = "",
    otherwise: T,
    passing: tuple[type[Exception], ...] = (),
    returns: type | tuple[type, ...] = object,
) -> T:
    """Return what `call` returns, or `otherwise` if it raises an exception or rests because it was too slow.

    `of` is what the plugin declared (a card, a block kind …), `part` names the part of it that is called, `about` is
    the page or the issue in question. Anything but an instance of `returns` is a fault too. Errors of the database and
    exceptions in `passing` are raised. Time that is spent within other fences counts for those.
    """
    plugin = owner_of(of)
    name = str(getattr(of, "name", "") or getattr(of, "type", ""))
    if _resting.get((plugin, part, name), 0.0) > time.monotonic():
        _note(Fault(plugin=plugin, part=part, about=str(about), error="rests, because it was too slow"), is_new=False)
        return otherwise
    let_pass: tuple[type[Exception], ...] = (DatabaseProblem, *passing)
    with _own_seconds() as own_seconds:
        try:
            found = require_type(call(), returns)
        except let_pass:
            raise
        except Exception as error:
            _note(_fault_of(error, plugin=plugin, part=part, about=about), error=error)
            return otherwise
    if (seconds := own_seconds()) > SLOW_SECONDS:
        _resting[plugin, part, name] = time.monotonic() + REST_SECONDS
        _note(Fault(plugin=plugin, part=part, about=str(about), error=f"took {seconds:.1f} s"))
    return found


@contextmanager
def _own_seconds() -> Iterator[Callable[[], float]]:
    """Yield a function that returns how long the block took, without the fences within it."""
    began, around = time.monotonic(), _seconds_within.get()
    seconds = 0.0
    _seconds_within.set(0.0)
    try:
        yield lambda: seconds
    finally:
        whole = time.monotonic() - began
        seconds = whole - _seconds_within.get()
        _seconds_within.set(around + whole)


def require_type(found: T, wanted: type | tuple[type, ...]) -> T:
    """Return what a plugin returned; raise TypeError if it is not of this type or of one of these types."""
    if isinstance(found, wanted):
        return found
    types = wanted if isinstance(wanted, tuple) else (wanted,)
    names = " or ".join("None" if each is type(None) else each.__name__ for each in types)
    raise TypeError(f"returned {found!r:.80}, not {names}")


@contextmanager
def noting(part: str, *, of: object, about: object = "") -> Iterator[None]:
    """Record an exception raised within the block, and let it propagate: there is no substitute for the result."""
    try:
        yield
    except DatabaseProblem:
        raise
    except Exception as error:
        _note(_fault_of(error, plugin=owner_of(of), part=part, about=about), error=error)
        raise


@contextmanager
def gathering_faults() -> Iterator[list[Fault]]:
    """Yield a list that collects the faults within the block; a list around it gets them at the end."""
    faults: list[Fault] = []
    around = _gathered.get()
    token = _gathered.set(faults)
    try:
        yield faults
    finally:
        _gathered.reset(token)
        if around is not None:
            around += faults


def complain(part: str, *, of: object, about: object, error: str) -> None:
    """Record a fault of a plugin's part that raised nothing."""
    _note(Fault(plugin=owner_of(of), part=part, about=str(about), error=error))


def forget_rests() -> None:
    """Allow calls to all parts again; for tests."""
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
        "Plugin %s: fault in the %s of “%s”: %s", fault.plugin, fault.part, fault.about, fault.error, exc_info=error
    )
    try:
        Recorder.record(fault)
    except Exception:
        logger.exception("A fault of plugin %s could not be stored", fault.plugin)
