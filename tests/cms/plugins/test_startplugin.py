"""`manage.py startplugin` makes a plugin that is found, keeps the contract, needs no migration and passes its tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]


SETTINGS = """
import os
from cms.settings import *
DATABASES["default"]["TEST"] = {"NAME": os.environ["MIGRATED"]}
"""
CHECKS = """
import django
from django.core.management import call_command
django.setup()
call_command("makemigrations", "hub_nice_recipes", check_changes=True, dry_run=True)
call_command("check", fail_level="WARNING", tags=["plugins"])
"""


def test_what_it_makes_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_setup: None, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    call_command("startplugin", "nice_recipes", verbosity=0)
    made = tmp_path / "nice_recipes"
    info = made / "hub_nice_recipes-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-nice-recipes\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[innovation_hub.plugins]\nnice_recipes = nice_recipes\n")
    (tmp_path / "on_a_copy.py").write_text(SETTINGS)
    if connection.vendor == "sqlite":  # migrated already, so that only the plugin's own migration is left
        (migrated,) = request.config.cache.mkdir("migrated").glob("*.sqlite3")
        shutil.copy(migrated, tmp_path / "db.sqlite3")
    # The plugin's tests are not measured: slipcover would look for our own files in the plugin's folder.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SLIPCOVER")} | {
        "PYTHONPATH": f"{made}:{tmp_path}:{ROOT}",
        "DJANGO_SETTINGS_MODULE": "on_a_copy",
        "DATABASE_URL": "sqlite://:memory:",
        "MIGRATED": str(tmp_path / "db.sqlite3"),
    }
    for command in (
        ["-m", "pytest", "-q", "--reuse-db", "-p", "no:xdist", "-p", "no:randomly"],
        ["-c", CHECKS],
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=made, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["cms", "pages", "Recipes", "1recipes", "no-hyphens"])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandError):
        call_command("startplugin", name, verbosity=0)
    assert list(tmp_path.iterdir()) == []


def test_it_says_where_the_plugin_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    call_command("startplugin", "nice_recipes", str(folder), verbosity=0)
    assert f"pip install -e {folder}\n" in capsys.readouterr().out
    assert (folder / "pyproject.toml").exists()
