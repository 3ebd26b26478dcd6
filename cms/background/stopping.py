"""Stopping in good order: long work asks between its steps whether its process should stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)

_process_should_stop = threading.Event()


def ask_process_to_stop(*_signal: object) -> None:
    """Ask all present and future work in this process to stop; a worker's signal handler."""
    _process_should_stop.set()


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns True once the process has received SIGTERM or SIGINT within the block.

    The previous handler of the signal (a worker that ends after its task) is called too. A second SIGTERM changes
    nothing, because supervisors send it twice, to a process and to its group; a second SIGINT, from someone who presses
    Ctrl+C again, does what it did before the block. Only the main thread gets signals: in other threads the function
    returns True only if the whole process was asked to stop.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield _process_should_stop.is_set
        return
    earlier = {int(number): signal.getsignal(number) for number in SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        is_first = not stop.is_set()
        stop.set()
        if not is_first and number == signal.SIGTERM:
            return
        handler = earlier[number]
        if callable(handler) and handler is not signal.default_int_handler:
            handler(number, frame)
        elif not is_first:
            signal.signal(number, handler)
            os.kill(os.getpid(), number)

    for number in SIGNALS:
        signal.signal(number, handle)
    try:
        yield lambda: stop.is_set() or _process_should_stop.is_set()
    finally:
        for number in SIGNALS:
            # The worker may have installed its own handlers meanwhile: those stay.
            if signal.getsignal(number) is handle:
                signal.signal(number, earlier[number])
