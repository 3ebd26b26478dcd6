"""A website's developer: types made from the document, then a program that walks the demo's site with them."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.acceptance.conftest import SILENCE_SECONDS
from tests.acceptance.packages import install, run

pytestmark = [pytest.mark.node, pytest.mark.xdist_group("demo")]

READER = Path(__file__).resolve().parents[1] / "reader"
LANGUAGES = {"en", "nl"}
TYPES = {
    "home",
    "theme-index",
    "theme",
    "article",
    "activity",
    "team",
    "person",
    "archive",
    "archive-item",
    "newsletter",
}


@pytest.fixture(scope="module")
def packages() -> Path:
    """The reader's packages, installed once for each lock file."""
    return install(READER)


@pytest.fixture(scope="module")
def workshop(packages: Path, running_demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the reader's source and the types of the document that the demo serves."""
    folder = tmp_path_factory.mktemp("reader")
    for source in (*READER.glob("*.ts"), READER / "tsconfig.json", READER / "package.json"):
        shutil.copy(source, folder)
    (folder / "node_modules").symlink_to(packages)
    address = f"{running_demo.url}/api/v1/openapi.json"
    run("node_modules/.bin/openapi-typescript", address, "--output", "api.ts", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def compiled(workshop: Path) -> Path:
    run("node_modules/.bin/tsc", cwd=workshop)
    return workshop / "out" / "reader.js"


def test_a_website_finds_all_it_needs_from_the_front_page_on(compiled: Path, running_demo: Any) -> None:
    wait_for_the_pictures(running_demo.url)
    seen = json.loads(run("node", str(compiled), running_demo.url, cwd=compiled.parent))
    assert seen["missing"] == []
    assert set(seen["pages"]) == LANGUAGES
    for pages in seen["pages"].values():
        assert pages.keys() >= TYPES
        assert (pages["theme"], pages["article"] >= 10, pages["person"] >= 2) == (4, True, True)
    assert sum(pages.get("issue", 0) for pages in seen["pages"].values()) >= 1
    assert seen["blocks"].keys() >= {"text", "heading", "quote", "table", "people", "activities", "sign_up"}
    assert seen["pictures"] >= 80
    assert seen["redirects"] == 1


def wait_for_the_pictures(url: str) -> None:
    """Return when every article and activity has its picture: the demo makes them while it serves."""

    def awaited() -> int:
        with urlopen(f"{url}/api/v1/pages?limit=100&type=article&type=activity") as answer:
            return sum(page["image"] is None for page in json.load(answer)["items"])

    left, fell_at = awaited(), time.monotonic()
    while left:
        time.sleep(0.5)
        if (now := awaited()) < left:
            left, fell_at = now, time.monotonic()
        assert time.monotonic() - fell_at < SILENCE_SECONDS, f"{left} pictures do not come"


def test_a_program_that_does_not_narrow_does_not_compile(compiled: Path, workshop: Path) -> None:
    # narrowing.ts has more such cases with @ts-expect-error; here one must really fail.
    (workshop / "wrong.ts").write_text(
        'import type { Block } from "./render.js";\nexport const words = (block: Block): string => block.html;\n'
    )
    try:
        said = run("node_modules/.bin/tsc", "--noEmit", cwd=workshop, status=2)
    finally:
        (workshop / "wrong.ts").unlink()
    assert "Property 'html' does not exist on type" in said


def test_a_reader_that_finds_nothing_fails(compiled: Path) -> None:
    run("node", str(compiled), "http://127.0.0.1:9", cwd=compiled.parent, status=1)


def test_the_reader_casts_nothing_and_names_no_registry() -> None:
    for source in READER.glob("*.ts"):
        code = re.sub(r"// .*|/\*\*.*", "", source.read_text())
        assert re.findall(r"\bas\b|\bany\b|@ts-ignore|\w!", code) == [], source.name
    lock = json.loads((READER / "package-lock.json").read_text())["packages"]
    assert all("integrity" in each and "resolved" not in each for name, each in lock.items() if name)
    assert "://" not in (READER / "package-lock.json").read_text()
