"""The example of docs/plugins.md works once it is installed: a plugin in a package of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "vacancies"
CHECKS = """
from datetime import date
import django
django.setup()
from django.core.management import call_command
from django.template.loader import render_to_string
from django.utils import translation
from cms.testing import contract_problems, example_issue
from vacancies.plugin import plugin
from newsletters.editions.cards import render_own
from newsletters.testing import example_loaded
assert not contract_problems(plugin)
assert not list(plugin.issue_checks[0].run(example_issue()))
call_command("makemigrations", "hub_vacancies", check=True, dry_run=True, verbosity=0)
story = {"title": "Wanted <b>", "url": "https://hub.test/en/wanted/", "facts": {"employer": "We", "closes": "4 May"}}
with translation.override("nl"):
    for template in (plugin.story_cards[0].mjml, plugin.story_cards[0].text):
        print(render_to_string(template, {"story": story}))
    value = {"words": "We look for <b>", "until": date(2027, 5, 4)}
    for markup in render_own(plugin.issue_blocks[0], value, loaded=example_loaded("nl")):
        print(markup)
from cms.models import BodyField
from newsletters.models import IssueField
stream, issue = BodyField().stream_block, IssueField().stream_block
stored = [{"id": "1", "type": "call", "value": {"words": "We look for", "until": "2026-12-18"}}]
(call,) = stream.to_python(stored)
assert call.block_type == "call", call.block_type
from cms.plugins import StoredBlock
built = plugin.blocks[0].build(StoredBlock(id="1", value=stored[0]["value"], locale_id=1), None)
print(render_to_string(plugin.blocks[0].template, {"value": built}))
assert "call" in issue.child_blocks
from cms.plugins.registry import story_sections
assert list(story_sections())[:3] == ["theme", "activities", "vacancies"]
call_command("plugins")
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the plugin as pip installs it."""
    shutil.copytree(EXAMPLE / "vacancies", tmp_path / "vacancies")
    polib.pofile(str(next(tmp_path.rglob("django.po")))).save_as_mofile(
        str(tmp_path / "vacancies/locale/nl/LC_MESSAGES/django.mo")
    )
    info = tmp_path / "hub_vacancies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-vacancies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[innovation_hub.plugins]\nvacancies = vacancies\n")
    return tmp_path


def test_the_example_plugin_is_found_keeps_the_contract_and_speaks_dutch(installed: Path) -> None:
    environment = os.environ | {"PYTHONPATH": f"{installed}:{ROOT}", "DJANGO_SETTINGS_MODULE": "cms.settings"}
    command = [sys.executable, "-c", CHECKS]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Wanted &lt;b&gt;" in done.stdout
    assert "We, tot 4 May" in done.stdout
    assert "We look for &lt;b&gt;" in done.stdout
    assert "Solliciteer tot en met 4 mei 2027." in done.stdout
    assert "Apply until 18 December 2026." in done.stdout
    assert re.search(r"^vacancies +1\.0 +2 +vacancy", done.stdout, re.MULTILINE)
