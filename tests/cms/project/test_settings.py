"""What an operator forgets or mistypes is reported in words, before anything else happens."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from wagtail.models import Site

from cms.checks import check_disabled, check_sites
from newsletters.urls import urlpatterns

ROOT = Path(__file__).resolve().parents[3]


def manage(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 50} | variables
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SECRET_KEY": ""}, "token_urlsafe"),
        ({"HUB_PLUGINS_DISABLED": "cms"}, "the core on which"),
        ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL"),
        ({"DATABASE_URL": "hub"}, "DATABASE_URL"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_a_wrong_setting_is_one_message_and_no_traceback(variables: dict[str, str], said: str) -> None:
    done = manage("migrate", "--check", **variables)
    assert done.returncode == 1
    assert said in done.stderr
    assert "docs/operations.md" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_disables_nothing_is_pointed_out(settings: Any) -> None:
    settings.HUB_PLUGINS_DISABLED = ["team", "newsletter"]
    (message,) = check_disabled()
    assert (message.id, "“newsletter”" in message.msg) == ("hub_cms.W002", True)
    assert "newsletters" in str(message.hint)


def test_a_site_that_nobody_can_reach_is_pointed_out(site: Site, settings: Any) -> None:
    Site.objects.update(hostname="localhost")
    assert check_sites(databases=["default"]) == []
    settings.PUBLIC_URL = "https://hub.example.org"
    (message,) = check_sites(databases=["default"])
    assert message.id == "hub_cms.W003"
    Site.objects.update(hostname="www.example.org")
    assert check_sites(databases=["default"]) == []


WITH_TOKENS = [
    "/" + str(pattern.pattern).partition("<")[0] for pattern in urlpatterns if "<str:token>" in str(pattern.pattern)
]


class Atoms(dict[str, Any]):
    """What Gunicorn gives its access log: a special dict, in which no key is missing."""

    def __missing__(self, key: str) -> str:
        return "-"


@pytest.mark.parametrize("path", ["/api/v1/preview/", *WITH_TOKENS])
def test_secrets_in_addresses_are_hidden_in_the_access_log_too(path: str, caplog: Any) -> None:
    logger = logging.getLogger("gunicorn.access")
    with caplog.at_level(logging.INFO, logger="gunicorn.access"):
        address = f"https://hub.test{path}SecretToken"
        logger.info('%(h)s "%(r)s" %(s)s "%(f)s"', Atoms(r=f"GET {path}SecretToken?x=1 HTTP/1.1", f=address, s=200))
    assert f"GET {path}[hidden]?x=1 HTTP/1.1" in caplog.text
    assert "SecretToken" not in caplog.text


def test_the_system_checks_find_nothing_on_this_database(db: None) -> None:
    assert run_checks(databases=["default"]) == []


def test_what_staff_search_for_is_hidden_in_the_access_log(caplog: Any) -> None:
    """They search for people's addresses; what else is in the address line stays readable."""
    logger = logging.getLogger("gunicorn.access")
    with caplog.at_level(logging.INFO, logger="gunicorn.access"):
        found = "/admin/newsletters/subscribers/?state=active&q=ann%40example.org&newsletter=3"
        atoms = Atoms(r=f"GET {found} HTTP/1.1", f=f"https://hub.test{found}", q=found.partition("?")[2][13:])
        logger.info('"%(r)s" "%(f)s" %(q)s', atoms)
    assert "ann" not in caplog.text
    assert caplog.text.count("q=[hidden]&newsletter=3") == 3
    assert "?state=active&" in caplog.text
