"""Ending in good order: long work asks between two steps whether its process was told to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_process_is_told = threading.Event()


def tell_process(*_signal: object) -> None:
    """Let everything in this process that asks be told to stop, also what begins later; a worker's signal handler."""
    _process_is_told.set()


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Within the block a first SIGTERM or SIGINT only makes what is yielded say yes.

    Whoever handled the signal before (a worker that ends after its task) hears of it, too. A second SIGTERM changes
    nothing, because supervisors send it twice, to a process and to its group; a second SIGINT, from someone who presses
    Ctrl+C again, does what it did before. Only the main thread gets signals: elsewhere the answer is no.
    """
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield _process_is_told.is_set
        return
    earlier = {int(number): signal.getsignal(number) for number in SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        is_first = not told.is_set()
        told.set()
        if not is_first and number == signal.SIGTERM:
            return
        handler = earlier[number]
        if callable(handler) and handler is not signal.default_int_handler:
            handler(number, frame)
        elif not is_first:
            signal.signal(number, handler)
            os.kill(os.getpid(), number)

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield lambda: told.is_set() or _process_is_told.is_set()
    finally:
        for number in SIGNALS:
            # The worker may have put handlers of its own in place meanwhile: those stay.
            if signal.getsignal(number) is hear:
                signal.signal(number, earlier[number])
