"""Ending in good order: long work asks between two steps whether its process was told to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_stop() -> Iterator[Callable[[], bool]]:
    """Within the block a first SIGTERM or SIGINT only makes what is yielded say yes.

    Whoever handled the signal before (a worker that ends after its task) hears of it, too, and a second signal does
    what it did before. Only the main thread gets signals: elsewhere nothing is changed and the answer is no.
    """
    told = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield told.is_set
        return
    earlier: dict[int, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        is_first = not told.is_set()
        told.set()
        if callable(earlier[number]) and earlier[number] is not signal.default_int_handler:
            earlier[number](number, frame)
        elif not is_first:
            signal.signal(number, earlier[number])
            os.kill(os.getpid(), number)

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield told.is_set
    finally:
        for number in SIGNALS:
            # The worker may have put handlers of its own in place meanwhile: those stay.
            if signal.getsignal(number) is hear:
                signal.signal(number, earlier[number])
