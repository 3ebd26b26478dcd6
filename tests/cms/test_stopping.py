"""A first signal asks to end, a second one ends; whoever handled signals before hears of them, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from cms.stopping import told_to_stop


def test_a_first_signal_only_makes_the_answer_yes() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with told_to_stop() as should_stop:
        assert not should_stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert should_stop()
    assert signal.getsignal(signal.SIGTERM) is before
    with told_to_stop() as should_stop:
        assert not should_stop()


def test_the_worker_around_hears_of_each_signal() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        with told_to_stop() as should_stop:
            os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)
            assert should_stop()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM, signal.SIGTERM]


def test_a_second_signal_ends_what_nobody_else_ends() -> None:
    code = (
        "import os\nfrom cms.stopping import told_to_stop\nwith told_to_stop() as stop:\n"
        "    os.kill(os.getpid(), 15)\n    print(stop(), flush=True)\n    os.kill(os.getpid(), 15)\n    print('alive')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True\n", -signal.SIGTERM)


def test_another_thread_is_left_alone() -> None:
    answers: list[bool] = []

    def ask() -> None:
        with told_to_stop() as should_stop:
            answers.append(should_stop())

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert answers == [False]
    assert signal.getsignal(signal.SIGTERM) is before
