"""The admin and the website after a plugin was removed while its pages are still there.

Most of it runs in separate processes: the plugin makes its pages in one and is really missing in the next.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.urls import reverse
from django.utils import translation
from wagtail.users.models import UserProfile

from cms.models import HomePage
from tests.cms.admin.gone_plugin import LISTS, PUBLIC
from themes.models import ThemePage

ROOT = Path(__file__).resolve().parents[3]
STATES = ("plain", "changed", "draft", "locked", "private", "expired", "moderated", "scheduled", "due", "alias")
IN_WORDS = "belongs to a plugin that is not installed"


@pytest.fixture(scope="module")
def seen(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, request: pytest.FixtureRequest
) -> dict[str, Any]:
    """The answers of every address without the plugin; see `gone_plugin`."""
    folder = tmp_path_factory.mktemp("gone")
    shutil.copytree(ROOT / "examples/vacancies/vacancies", folder / "vacancies")
    info = folder / "hub_vacancies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hub-vacancies\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[innovation_hub.plugins]\nvacancies = vacancies\n")
    if connection.vendor == "sqlite":  # migrated already; another test may have emptied the database in use
        (migrated,) = request.config.cache.mkdir("migrated").glob("*.sqlite3")
        shutil.copy(migrated, folder / "db.sqlite3")
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": f"{folder}:{ROOT}",
    }

    def run(*arguments: str, **more: str) -> Any:
        command = [sys.executable, "-m", "tests.cms.admin.gone_plugin", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment | more, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    keys = run("fill")
    filled = shutil.copy(folder / "db.sqlite3", folder / "filled.sqlite3")
    before = {"keys": keys, "database": filled, "environment": environment}
    return before | run("visit", json.dumps(keys), HUB_PLUGINS_DISABLED="vacancies")


def test_nothing_in_the_admin_fails(seen: dict[str, Any]) -> None:
    assert len(seen["said"]) > 500
    failed = {name: said["fault"] for name, said in seen["said"].items() if said["status"] >= 500}
    assert failed.keys() <= {"/admin/failwhale/"}, failed


@pytest.mark.parametrize("name", LISTS)
def test_what_lists_such_pages_shows_them(seen: dict[str, Any], name: str) -> None:
    assert seen["said"][name]["status"] == 200, seen["said"][name]["to"]


@pytest.mark.parametrize("name", ["explorer of the home page", "explorer, by title", "chooser", "explorer at last"])
def test_a_list_names_them_as_pages_whose_plugin_is_missing(seen: dict[str, Any], name: str) -> None:
    assert "Wanted: plain (its plugin is missing)" in seen["said"][name]["words"]


def test_its_list_offers_nothing_that_can_be_done_with_such_a_page(seen: dict[str, Any]) -> None:
    assert f"/admin/pages/{seen['keys']['plain']}/edit/" not in seen["said"]["explorer of the home page"]["words"]


@pytest.mark.parametrize("state", STATES)
def test_what_is_done_with_such_a_page_leads_to_its_list(seen: dict[str, Any], state: str) -> None:
    key, home = seen["keys"][state], seen["keys"]["home"]
    for verb in ("edit", "copy", "move", "delete", "unpublish", "history", "privacy", "lock", "unlock"):
        for method in ("", "POST "):
            said = seen["said"][f"{state} {method}/admin/pages/{key}/{verb}/"]
            assert (said["status"], said["to"]) == (302, f"/admin/pages/{home}/"), (verb, method)


def test_nothing_of_them_is_lost_and_what_is_due_waits(seen: dict[str, Any]) -> None:
    assert all(seen["kept"].values())
    assert seen["unchanged"]
    assert seen["expired"]
    for name in ("delete above", "bulk delete above", "copy above", "update the translations", "stop the translation"):
        assert seen["said"][name]["status"] == 302


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_sees_nothing_of_them(seen: dict[str, Any], name: str) -> None:
    said = seen["said"][f"public {name}"]
    assert said["status"] == PUBLIC[name][1]
    assert "Wanted: " not in said["words"]


@pytest.fixture
def orphan(theme_page: ThemePage) -> ThemePage:
    theme_page.content_type = ContentType.objects.create(app_label="taken_away", model="page")
    theme_page.save(update_fields=["content_type"])
    return theme_page


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["edit", "copy", "move", "delete"])
def test_a_page_of_a_plugin_that_is_gone_is_answered_in_words(admin_client: Any, orphan: ThemePage, view: str) -> None:
    answer = admin_client.get(reverse(f"wagtailadmin_pages:{view}", args=[orphan.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("wagtailadmin_explore", args=[orphan.get_parent().pk]), 302)]
    assert IN_WORDS in answer.content.decode()


@pytest.mark.django_db
def test_the_answer_is_in_the_language_of_the_user(admin_client: Any, admin_user: Any, orphan: ThemePage) -> None:
    UserProfile.objects.create(user=admin_user, preferred_language="nl")
    answer = admin_client.get(reverse("wagtailadmin_pages:edit", args=[orphan.pk]), follow=True)
    assert "hoort bij een plugin die niet is geïnstalleerd" in answer.content.decode()


@pytest.mark.django_db
def test_who_is_not_logged_in_learns_nothing_of_such_a_page(client: Any, orphan: ThemePage) -> None:
    answer = client.get(reverse("wagtailadmin_pages:edit", args=[orphan.pk]), follow=True)
    assert answer.redirect_chain[0][0].startswith(reverse("wagtailadmin_login"))
    assert "plugin" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["delete", "copy"])
def test_what_is_above_such_a_page_is_not_deleted_or_copied(
    admin_client: Any, orphan: ThemePage, home_en: HomePage, view: str
) -> None:
    answer = admin_client.post(reverse(f"wagtailadmin_pages:{view}", args=[home_en.pk]), follow=True)
    assert f"“{orphan.title}”, below this page, {IN_WORDS}" in answer.content.decode()
    assert ThemePage.objects.filter(pk=orphan.pk).exists()


@pytest.mark.django_db
def test_its_name_says_so_in_dutch(orphan: ThemePage) -> None:
    with translation.override("nl"):
        assert ThemePage.objects.get(pk=orphan.pk).specific.get_admin_display_title() == "Data (de plugin ontbreekt)"


@pytest.mark.django_db
def test_a_content_type_that_is_no_pages_has_no_stand_in(db: None) -> None:
    assert ContentType.objects.create(app_label="taken_away", model="thing").model_class() is None


@pytest.mark.django_db
def test_other_faults_of_the_admin_stay_faults(
    admin_client: Any, theme_page: ThemePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wagtail.admin.views.pages.edit.EditView.get", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        admin_client.get(reverse("wagtailadmin_pages:edit", args=[theme_page.pk]))


@pytest.fixture
def purge(seen: dict[str, Any], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `manage.py plugins --purge` on a copy of the database, without the plugin by default."""
    copy = shutil.copy(seen["database"], tmp_path / "db.sqlite3")
    environment = seen["environment"] | {"DATABASE_URL": f"sqlite:///{copy}", "HUB_PLUGINS_DISABLED": "vacancies"}

    def run(*arguments: str, answer: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "django", "plugins", "--purge", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment | more, input=answer, capture_output=True, text=True, check=False
        )

    return run


def test_what_a_gone_plugin_left_is_named_and_deleted_when_somebody_says_so(purge: Any, tmp_path: Path) -> None:
    looked = purge("vacancies", answer="no\n")
    assert "Wanted: plain" in looked.stdout
    assert "table hub_vacancies_vacancypage" in looked.stdout
    assert "Nothing was deleted." in looked.stdout
    unasked = purge("vacancies", answer="")
    assert (unasked.returncode, "Add --no-input" in unasked.stderr) == (1, True)
    assert "Traceback" not in unasked.stderr
    done = purge("vacancies", answer="vacancies\n")
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as rows:
        assert rows.execute("select count(*) from wagtailcore_page where title like 'Wanted%'").fetchone() == (0,)
        assert rows.execute("select count(*) from sqlite_master where name like 'hub_vacancies%'").fetchone() == (0,)
        assert rows.execute("select count(*) from django_migrations where app = 'hub_vacancies'").fetchone() == (0,)
        assert rows.execute("pragma foreign_key_check").fetchall() == []
    again = purge("vacancies", "--no-input")
    assert (again.returncode, "nothing left" in again.stderr) == (1, True)


def test_of_a_plugin_that_is_there_nothing_is_deleted(purge: Any) -> None:
    refused = purge("vacancies", "--no-input", HUB_PLUGINS_DISABLED="")
    assert (refused.returncode, "is installed" in refused.stderr) == (1, True)
