"""The demo in a folder of its own, started as a person would start it, and a browser to look at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from tests.crash.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
SILENCE_SECONDS = 300  # how long the demo may say nothing: its longest silent step takes 20 s of processor time
IMPLICIT_WAIT_SECONDS = 60


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, Any]:
    """Add to a failure what the browser shows, and the last output of the demo."""
    report = yield
    given = getattr(item, "funcargs", {})
    if report.when == "call" and report.failed and "browser" in given:
        with suppress(WebDriverException):
            shown = given["browser"].find_element(By.TAG_NAME, "body").text
            report.sections.append(("browser", f"{given['browser'].current_url}\n{shown[:3000]}"))
        if "demo_dir" in given:
            lines = (given["demo_dir"] / "log.txt").read_text().splitlines()
            report.sections.append(("demo", "\n".join(lines[-40:])))
    return report


@dataclass(frozen=True)
class RunningDemo:
    """A running demo: its address and the passwords that it printed."""

    url: str
    passwords: dict[str, str]


@pytest.fixture(scope="session")
def demo_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def run_demo(demo_dir: Path) -> Any:
    """Run `manage.py demo` with these arguments to its end, in the session's demo folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-u", "manage.py", "demo", *arguments]
        figures, log = demo_dir / "figures.txt", demo_dir / "progress.txt"
        with figures.open("w") as stdout, log.open("w") as stderr:
            process = subprocess.Popen(command, cwd=ROOT, env=demo_environment(demo_dir), stdout=stdout, stderr=stderr)
        with ended(process):
            _wait_while_it_makes_progress(log, process, until=lambda: process.poll() is not None)
        return subprocess.CompletedProcess(command, process.returncode, figures.read_text(), log.read_text())

    return run


@pytest.fixture(scope="session")
def running_demo(demo_dir: Path, run_demo: Any) -> Iterator[RunningDemo]:
    log = demo_dir / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "demo"],
            cwd=ROOT,
            env=demo_environment(demo_dir) | {"DEMO_PORT": str(free_port())},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    with ended(process):
        _wait_while_it_makes_progress(log, process, until=lambda: "Ctrl+C stops it" in log.read_text())
        text = log.read_text()
        url = re.search(r"(http://localhost:\d+)/admin/", text)
        assert url, text
        _wait_while_it_makes_progress(log, process, until=lambda: _serves(url[1]))
        passwords = dict(re.findall(r"^    (editor|approver|administrator) +(\S+)$", text, re.MULTILINE))
        yield RunningDemo(url=url[1], passwords=passwords)


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[None]:
    """End the process after the block; its worker first finishes what it is doing."""
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def demo_environment(demo_dir: Path) -> dict[str, str]:
    ours = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "DEMO_PORT", "DEMO_SMTP_PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DEMO_DIR": str(demo_dir)}


def _wait_while_it_makes_progress(log: Path, process: subprocess.Popen[Any], *, until: Callable[[], bool]) -> None:
    """Return when `until()` is true; fail if the demo ends before that, or prints nothing for a long time."""
    said, heard_at = "", time.monotonic()
    while not until():
        if (text := log.read_text()) != said:
            said, heard_at = text, time.monotonic()
        has_ended = process.poll() is not None and not until()
        assert not has_ended, f"The demo ended: {log.read_text()}"
        assert time.monotonic() - heard_at < SILENCE_SECONDS, f"Nothing more was said for {SILENCE_SECONDS} s: {said}"
        time.sleep(0.2)


def _serves(url: str) -> bool:
    """Say whether the server listens: it prints its address just before that."""
    with suppress(OSError):
        urlopen(f"{url}/admin/login/").close()
        return True
    return False


@pytest.fixture
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    chromium = shutil.which("chromium")
    if not (chromium and shutil.which("chromedriver")):
        pytest.skip("needs Debian's packages chromium and chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1400,1000",
    ):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    driver.implicitly_wait(IMPLICIT_WAIT_SECONDS)
    driver.set_script_timeout(IMPLICIT_WAIT_SECONDS)
    yield driver
    driver.quit()
