"""What the documents say is true: settings, commands, words."""

from __future__ import annotations

import re
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from django.core.management import get_commands

from cms.plugins import Plugin

ROOT = Path(__file__).resolve().parents[1]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PROCFILE = (ROOT / "Procfile").read_text()
PLUGINS = (ROOT / "docs" / "plugins.md").read_text()
README = (ROOT / "README.md").read_text()
TOLD = {"README": README, "operations": OPERATIONS, "plugins": PLUGINS, "Procfile": PROCFILE}
PAGES = [ROOT / "README.md", ROOT / ".github" / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_setting_from_the_environment_stands_in_the_table_and_nothing_else() -> None:
    read = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (ROOT / "cms" / "settings.py").read_text()))
    table = OPERATIONS.partition("\n## Settings\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \|(.*)$", table, re.MULTILINE)
    assert sorted(name for name, _told in rows) == sorted(read)
    assert [name for name, told in rows if len(told.strip(" |").split(" | ")) != 2] == []  # a default, and what it is


@pytest.mark.parametrize("text", TOLD.values(), ids=TOLD)
def test_every_command_that_is_named_exists(text: str) -> None:
    named = set(re.findall(r"manage\.py (\w+)", text))
    assert named
    assert named <= set(get_commands())


def test_every_part_of_the_contract_stands_in_its_table_and_nothing_else() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", PLUGINS, re.MULTILINE))
    assert told == {field.name for field in fields(Plugin)} - {"name", "contract", "distribution"}


def heading_anchors(page: Path) -> set[str]:
    """Return the anchors that links into this page can use, as GitHub makes them from the headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_to_another_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        other = page.parent / path if path else page
        assert other.exists(), target
        assert not anchor or anchor in heading_anchors(other), target


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make (\w+) ", README.partition("## Try it")[2].partition("## The five")[0])) <= targets


@pytest.mark.parametrize("picture", re.findall(r"\]\((docs/[^)]+\.png)\)", README))
def test_every_picture_in_the_readme_is_there(picture: str) -> None:
    assert (ROOT / picture).stat().st_size < 1_000_000


def test_the_lock_file_names_no_address() -> None:
    assert "://" not in (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_and_module_that_is_named_is_there(page: Path) -> None:
    words = re.findall(r"`([^`\s]+)`", page.read_text())
    apps = "|".join(("archive", "bench", "cms", "demo", "docs", "examples", "newsletters", "team", "tests", "themes"))
    files = [word for word in words if re.fullmatch(rf"(?:{apps})/[\w./-]*", word)]
    assert [word for word in files if not _is_there(word)] == []
    modules = [word for word in words if re.fullmatch(rf"(?:{apps})(?:\.\w+)+", word)]
    assert [word for word in modules if not _names_something(word)] == []


def _is_there(named: str) -> bool:
    folders = (ROOT, *(ROOT / app / kind for app in ("cms", "newsletters") for kind in ("templates", "static")))
    return any((folder / named).exists() for folder in folders)


def _names_something(dotted: str) -> bool:
    """Say whether this is a module, or something in a module."""
    module = dotted
    rest: list[str] = []
    while module:
        try:
            found = import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            rest.insert(0, last)
            continue
        for name in rest:
            if not hasattr(found, name):
                return False
            found = getattr(found, name)
        return True
    return False
