"""What the documents say is so: settings, commands, words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PROCFILE = (ROOT / "Procfile").read_text()
README = (ROOT / "README.md").read_text()


def test_every_setting_from_the_environment_stands_in_the_table_and_nothing_else() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "cms" / "settings.py").read_text()))
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.MULTILINE))
    assert told == read


@pytest.mark.parametrize("text", [README, OPERATIONS, PROCFILE], ids=["README", "operations", "Procfile"])
def test_every_command_that_is_named_exists(text: str) -> None:
    named = set(re.findall(r"manage\.py (\w+)", text))
    assert named
    assert named <= set(get_commands())


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make (\w+) ", README.partition("## Try it")[2].partition("## The five")[0])) <= targets


@pytest.mark.parametrize("picture", re.findall(r"\]\((docs/[^)]+\.png)\)", README))
def test_every_picture_in_the_readme_is_there(picture: str) -> None:
    assert (ROOT / picture).stat().st_size < 1_000_000


def test_the_lock_file_names_no_address() -> None:
    assert "://" not in (ROOT / "constraints.txt").read_text()
