"""`make demo`: everything is loaded and sent, and running it again harms nothing."""

from __future__ import annotations

import io
import json
import signal
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from demo import place
from demo.audience import write_list
from demo.management.commands.demo import Command
from demo.texts import LANGUAGES, every_page

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def first_run(run_demo: Any) -> dict[str, Any]:
    done = run_demo("--no-serve", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_last_line_holds_the_figures(first_run: dict[str, Any]) -> None:
    assert list(first_run) == ["pages", "locales", "issue", "editions", "audience", "accepted", "excluded", "inbox"]


def test_the_texts_show_blocks_of_every_kind_in_each_language() -> None:
    shown = {"activities", "accordion", "callout", "cards", "figures", "gallery", "image", "media", "people", "sign_up"}
    for code in LANGUAGES:
        lines = [line for entry in every_page() for line in entry[code]["body"]]
        assert {line["block"] for line in lines if isinstance(line, dict)} >= {*shown, "table", "timeline"}, code


def test_content_is_there_in_two_languages(first_run: dict[str, Any]) -> None:
    assert first_run["locales"] == 2
    assert first_run["pages"] >= 80


def test_everybody_is_accounted_for(first_run: dict[str, Any]) -> None:
    assert first_run["audience"] >= 300
    assert first_run["accepted"] + first_run["excluded"] == first_run["audience"]


def test_each_accepted_mail_is_in_the_inbox_once(first_run: dict[str, Any]) -> None:
    assert first_run["inbox"] == first_run["accepted"]


def test_the_largest_mail_is_well_below_what_gmail_cuts_off(first_run: dict[str, Any], demo_dir: Path) -> None:
    largest = max((demo_dir / "inbox" / "new").iterdir(), key=lambda path: path.stat().st_size)
    html = message_from_bytes(largest.read_bytes(), policy=policy.default).get_body(("html",))
    assert html is not None
    assert 20_000 < len(html.get_content().encode()) < 75_000  # it warns at 90,000, and Gmail cuts at 102,400


def test_running_it_again_changes_nothing(first_run: dict[str, Any], run_demo: Any) -> None:
    again = run_demo("--no-serve", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[-1]) == first_run


def test_a_missing_mail_is_said_and_is_an_error(first_run: dict[str, Any], run_demo: Any, demo_dir: Any) -> None:
    mails = (path for path in (demo_dir / "inbox" / "new").iterdir() if b"\nList-Id:" in path.read_bytes())
    mail = min(mails, key=lambda path: path.stat().st_mtime_ns)  # the demo's own newsletter
    kept = mail.read_bytes()
    mail.unlink()
    done = run_demo("--no-serve", "--json")
    mail.write_bytes(kept)
    assert done.returncode == 1
    assert "1 mails are missing" in done.stderr


class QuickDemo(Command):
    """The demo's command without its work: one mail is missing, and serving records what was printed before it."""

    said_before_serving = ""
    others_found = 0  # the port that another demo would choose while this one loads

    def _load(self, *args: Any) -> Any:
        figures = dict.fromkeys(("pages", "locales", "editions", "audience", "accepted", "excluded", "inbox"), 1)
        self.others_found = place.free_port(place.DEMO_PORT)
        return figures, {}, 1

    def _serve(self) -> None:
        self.said_before_serving = self.stderr.getvalue()


@pytest.fixture
def sigterm() -> Any:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def command(settings: Any, monkeypatch: Any, tmp_path: Any, sigterm: Any) -> QuickDemo:
    settings.ROOT_URLCONF = "demo.urls"
    monkeypatch.setattr(place, "DEMO_INBOX", tmp_path)
    monkeypatch.setattr(place, "DEMO_SMTP_PORT", 0)
    monkeypatch.setattr(place, "DEMO_PORT", place.free_port(0))
    return QuickDemo(stdout=io.StringIO(), stderr=io.StringIO())


def test_a_missing_mail_is_said_before_the_demo_serves(command: QuickDemo) -> None:
    with pytest.raises(SystemExit) as ended:
        command.handle(no_serve=False, json=False)
    assert "1 mails are missing" in command.said_before_serving
    assert ended.value.code == 1


def test_no_other_demo_takes_the_port_while_this_one_loads(command: QuickDemo) -> None:
    with pytest.raises(SystemExit):
        command.handle(no_serve=False, json=False)
    assert command.others_found > place.DEMO_PORT


def test_a_port_that_was_taken_is_said_before_anything_is_loaded(command: QuickDemo) -> None:
    with place.held(place.DEMO_PORT), pytest.raises(CommandError, match=f"taken port {place.DEMO_PORT}"):
        command.handle(no_serve=False, json=False)
    assert not command.others_found


def test_the_first_page_leads_to_a_list_to_import_and_to_who_was_set_aside(
    client: Any, db: None, settings: Any, monkeypatch: Any, tmp_path: Path
) -> None:
    settings.ROOT_URLCONF = "demo.urls"
    monkeypatch.setattr(place, "DEMO_LIST", tmp_path / "members.csv")
    write_list(place.DEMO_LIST, reader="ann@example.org")
    page = client.get("/").content.decode()
    for address in ("/members.csv", "/admin/newsletters/subscribers/imports/", "?state=bounced", "?state=complained"):
        assert f'{address}"' in page
    answer = client.get("/members.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="members.csv"'
    assert b"ann@example.org" in b"".join(answer.streaming_content)
