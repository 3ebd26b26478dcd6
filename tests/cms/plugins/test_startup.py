"""A plugin that cannot be part of the hub ends every process at its start, with one line: its name and the remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
APPS = """
from django.apps import AppConfig
class ForecastConfig(AppConfig):
    name = "forecast"
    label = "forecast"
"""
SOUND = {
    "apps.py": APPS,
    "plugin.py": 'from cms.plugins import Plugin\nplugin = Plugin(name="forecast", contract=(1, 2))\n',
}
SWITCH = "Set HUB_PLUGINS_DISABLED=forecast to start without it until it is fixed."
BROKEN = {
    "another contract": (
        {"plugin.py": 'from cms.plugins import Plugin\nplugin = Plugin(name="forecast", contract=(7, 9))\n'},
        "Plugin “forecast” is made for contract 7 to 9; this hub has 2.",
    ),
    "a clash": (
        {
            "plugin.py": "from cms.plugins import Plugin, SiteSection\n"
            'section = SiteSection(name="weather", build=dict)\n'
            'plugin = Plugin(name="forecast", contract=2, settings=(section, section))\n'
        },
        "The site section “weather” is declared more than once, by forecast.",
    ),
    "its package": ({"__init__.py": "1 / 0\n"}, SWITCH),
    "its app": ({"apps.py": "import nowhere_to_be_found\n"}, SWITCH),
    "its models": ({"models.py": "from cms.models import NoSuchModel\n"}, SWITCH),
    "its declaration": ({"plugin.py": "raise RuntimeError('no forecast')\n"}, SWITCH),
}
WAYS = {"manage.py": ["manage.py", "check"], "wsgi": ["-c", "import cms.wsgi"]}


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Start a process of a hub in which a plugin of these files is installed."""

    def run(files: Mapping[str, str], *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        for name, text in {"__init__.py": "", **SOUND, **files}.items():
            path = tmp_path / "forecast" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        info = tmp_path / "hub_forecast-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-forecast\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[innovation_hub.plugins]\nforecast = forecast\n")
        around = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}", "DJANGO_SETTINGS_MODULE": "cms.settings"}
        return subprocess.run(
            [sys.executable, *command], env=around | environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    return run


@pytest.mark.parametrize(("files", "words"), BROKEN.values(), ids=BROKEN)
def test_the_start_ends_with_one_line_about_it(start: Callable[..., Any], files: dict[str, str], words: str) -> None:
    done = start(files, *WAYS["manage.py"])
    assert done.returncode == 1
    assert words in done.stderr
    assert "forecast" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_web_server_says_the_same(start: Callable[..., Any]) -> None:
    done = start(BROKEN["its models"][0], *WAYS["wsgi"])
    assert (done.returncode, SWITCH in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_without_it_the_hub_starts(start: Callable[..., Any]) -> None:
    assert start(BROKEN["its models"][0], *WAYS["manage.py"], HUB_PLUGINS_DISABLED="forecast").returncode == 0


def test_a_plugin_that_supports_this_contract_among_others_is_fine(start: Callable[..., Any]) -> None:
    assert start({}, *WAYS["manage.py"]).returncode == 0
