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
    "a contract in another form": (
        {"plugin.py": 'from cms.plugins import Plugin\nplugin = Plugin(name="forecast", contract="2")\n'},
        "Plugin “forecast” names its contract as '2', which is not a number or a range.",
    ),
    "a clash of filters": (
        {
            "plugin.py": "from dataclasses import replace\n"
            "from cms.plugin import plugin as core\n"
            "from cms.plugins import PageFilter, Plugin\n"
            'limit = PageFilter(name="limit", lookup="title", annotation=str, description="A limit.")\n'
            'page = replace(core.pages[0], type="forecast", model="forecast.Page", filters=(limit,))\n'
            'plugin = Plugin(name="forecast", contract=2, pages=(page,))\n'
        },
        "The filter “limit” of the type “forecast” of plugin “forecast” has another meaning already, in the hub",
    ),
    "its package": ({"__init__.py": "1 / 0\n"}, SWITCH),
    "its app": ({"apps.py": "import nowhere_to_be_found\n"}, SWITCH),
    "its models": ({"models.py": "from cms.models import NoSuchModel\n"}, SWITCH),
    "its declaration": ({"plugin.py": "raise RuntimeError('no forecast')\n"}, SWITCH),
}
WAYS = {
    "manage.py": ["manage.py", "check"],
    "wsgi": ["-c", "import cms.wsgi"],
    "django": ["-m", "django", "check"],
}


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


@pytest.mark.parametrize("reason", ["another contract", "a clash", "its package", "its declaration"])
def test_so_does_django_without_manage_py(start: Callable[..., Any], reason: str) -> None:
    files, words = BROKEN[reason]
    done = start(files, *WAYS["django"])
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)
    assert words in done.stderr


def test_the_thread_of_the_development_server_says_it_too(start: Callable[..., Any]) -> None:
    command = "from threading import Thread; import django; t = Thread(target=django.setup); t.start(); t.join()"
    done = start(BROKEN["its package"][0], "-c", command)
    assert (SWITCH in done.stderr, "Traceback" in done.stderr) == (True, False)


def test_an_error_of_a_plugin_after_the_start_has_a_traceback(start: Callable[..., Any]) -> None:
    command = "import django; django.setup(); from forecast import oven"
    done = start({"oven.py": "1 / 0\n"}, "-c", command)
    assert (done.returncode, "Traceback" in done.stderr) == (1, True)


def test_without_it_the_hub_starts(start: Callable[..., Any]) -> None:
    assert start(BROKEN["its models"][0], *WAYS["manage.py"], HUB_PLUGINS_DISABLED="forecast").returncode == 0


def test_a_plugin_that_supports_this_contract_among_others_is_fine(start: Callable[..., Any]) -> None:
    assert start({}, *WAYS["manage.py"]).returncode == 0
