"""`make demo`: everything is loaded and sent, and running it again harms nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def first_run(run_demo: Any) -> dict[str, Any]:
    done = run_demo("--no-serve", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_last_line_holds_the_figures(first_run: dict[str, Any]) -> None:
    assert list(first_run) == ["pages", "locales", "issue", "editions", "audience", "accepted", "excluded", "inbox"]


def test_content_is_there_in_two_languages(first_run: dict[str, Any]) -> None:
    assert first_run["locales"] == 2
    assert first_run["pages"] >= 80


def test_everybody_is_accounted_for(first_run: dict[str, Any]) -> None:
    assert first_run["audience"] >= 300
    assert first_run["accepted"] + first_run["excluded"] == first_run["audience"]


def test_each_accepted_mail_is_in_the_inbox_once(first_run: dict[str, Any]) -> None:
    assert first_run["inbox"] == first_run["accepted"]


def test_running_it_again_changes_nothing(first_run: dict[str, Any], run_demo: Any) -> None:
    again = run_demo("--no-serve", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[-1]) == first_run


def test_a_missing_mail_is_said_and_is_an_error(first_run: dict[str, Any], run_demo: Any, demo_dir: Any) -> None:
    mail = min((demo_dir / "inbox" / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)  # the demo's own
    kept = mail.read_bytes()
    mail.unlink()
    done = run_demo("--no-serve", "--json")
    mail.write_bytes(kept)
    assert done.returncode == 1
    assert "1 mails are missing" in done.stderr
