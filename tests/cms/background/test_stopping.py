"""A signal asks a process to end; only a repeated one interrupts it. Earlier signal handlers are called, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from cms.background.stopping import SIGNALS, asked_to_stop


def test_a_first_signal_only_makes_the_answer_yes() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with asked_to_stop() as should_stop:
        assert not should_stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert should_stop()
    assert signal.getsignal(signal.SIGTERM) is before
    with asked_to_stop() as should_stop:
        assert not should_stop()


def test_the_worker_around_hears_of_it_once_however_often_a_supervisor_says_so() -> None:
    heard: list[int] = []
    before = {each: signal.signal(each, lambda number, frame: heard.append(number)) for each in SIGNALS}
    try:
        with asked_to_stop() as should_stop:
            for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
                os.kill(os.getpid(), number)
            assert should_stop()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert heard == [signal.SIGTERM, signal.SIGINT]


def test_who_presses_ctrl_c_twice_ends_it_at_once() -> None:
    code = (
        "import os, signal\nfrom cms.background.stopping import asked_to_stop\n"
        "signal.signal(2, signal.default_int_handler)  # a shell lets jobs in the background ignore it\n"
        "with asked_to_stop() as stop:\n"
        "    os.kill(os.getpid(), 2)\n    print(stop(), flush=True)\n    os.kill(os.getpid(), 2)\n    print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True\n", -signal.SIGINT)


def test_another_thread_is_left_alone() -> None:
    answers: list[bool] = []

    def ask() -> None:
        with asked_to_stop() as should_stop:
            answers.append(should_stop())

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [False]
    assert signal.getsignal(signal.SIGTERM) is before
