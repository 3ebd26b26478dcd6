"""Each import contract is kept, and would find a forbidden import in whatever form it is written."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]

# For each contract: a module, and what it must not import.
LEANING_BACK = {
    "The demo uses the plugins, the plugins use the core, the core knows nobody": (
        "cms.content.queries",
        "team.models",
    ),
    "No two modules or rooms import each other": ("newsletters.values.contrast", "newsletters.values.look"),
    "The core's rooms are layers": ("cms.models.theme", "cms.content.queries"),
    "The plugin contract knows nothing of the core": ("cms.plugins.contract", "cms.api.schemas"),
    "The API: routes build answers from schemas, schemas from what is looked up": (
        "cms.api.context",
        "cms.api.schemas",
    ),
    "Webhooks: the outbox holds rows, tasks send them": ("cms.webhooks.send", "cms.webhooks.outbox"),
    "The newsletter's rooms are layers": ("newsletters.editions.content", "newsletters.issues.reach"),
    "Issues: views call actions, actions ask the checks, the checks read": (
        "newsletters.issues.checking.run",
        "newsletters.issues.actions.approve_issue",
    ),
    "Results: pages call actions, actions read what became of a sending": (
        "newsletters.results.progress",
        "newsletters.results.actions.follow_dispatch",
    ),
    "Audience: views call tasks and actions, actions write people's choices": (
        "newsletters.audience.actions.subscribe",
        "newsletters.audience.tasks",
    ),
    "Imports: staff's forms and verbs, the work of a batch, and what it rests on": (
        "newsletters.audience.imports.judging",
        "newsletters.audience.imports.work",
    ),
    "Editions: from an issue down to what its pages say": (
        "newsletters.editions.words.safety",
        "newsletters.editions.stories",
    ),
    "Sending: the engine drives the ledger and the mails over a transport": (
        "newsletters.sending.ledger.claims",
        "newsletters.sending.engine.breakers",
    ),
    "Values and transports know no tables, no pages, no site": (
        "newsletters.sending.transport.seam",
        "newsletters.models.delivery",
    ),
}
FORMS = {
    "at the top": "import {module}\n",
    "in a function": "def planted():\n    import {module}\n",
    "for types only": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import {module}\n",
}


def test_an_import_is_planted_for_each_contract() -> None:
    assert sorted(LEANING_BACK) == sorted(contract["name"] for contract in CONFIG["contracts"])


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_each_contract_sees_what_leans_back(form: str, tmp_path: Path) -> None:
    for package in CONFIG["root_packages"]:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc", "locale", "static"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for importer, imported in LEANING_BACK.values():
        with (tmp_path / importer.replace(".", "/")).with_suffix(".py").open("a") as module:
            module.write(form.format(module=imported))
    lint = Path(sys.executable).with_name("lint-imports")
    report = subprocess.run([lint, "--no-cache"], cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    unseen = [name for name in LEANING_BACK if f"{name} BROKEN" not in report]
    assert unseen == [], report
