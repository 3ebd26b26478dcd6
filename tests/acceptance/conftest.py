"""The demo in a folder of its own, as a person would start it, and a browser to look at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.crash.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300
IMPLICIT_WAIT_SECONDS = 20


@dataclass(frozen=True)
class RunningDemo:
    """A demo that serves: its address and the passwords that it printed."""

    url: str
    passwords: dict[str, str]


@pytest.fixture(scope="session")
def demo_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def run_demo(demo_dir: Path) -> Any:
    """Run `manage.py demo` with these arguments to its end, in the session's demo folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "demo", *arguments]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=demo_environment(demo_dir),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

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
    try:
        text = _wait_for(log, "Ctrl+C stops it", process)
        url = re.search(r"(http://localhost:\d+)/admin/", text)
        assert url, text
        _wait_until_it_serves(url[1], process)
        passwords = dict(re.findall(r"^    (editor|approver|administrator) +(\S+)$", text, re.MULTILINE))
        yield RunningDemo(url=url[1], passwords=passwords)
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)  # its worker ends what it is doing


def demo_environment(demo_dir: Path) -> dict[str, str]:
    ours = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "DEMO_PORT", "DEMO_SMTP_PORT"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DEMO_DIR": str(demo_dir)}


def _wait_for(log: Path, words: str, process: Any) -> str:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if words in (text := log.read_text()):
            return text
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def _wait_until_it_serves(url: str, process: Any) -> None:
    """The address is printed just before the server listens."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            urlopen(f"{url}/admin/login/", timeout=PATIENCE_SECONDS).close()
            return
        time.sleep(0.2)
    raise AssertionError(f"{url} does not answer")


@pytest.fixture
def browser() -> Iterator[Any]:
    """Debian's Chromium, headless."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("needs Debian's packages chromium and chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
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
    yield driver
    driver.quit()
