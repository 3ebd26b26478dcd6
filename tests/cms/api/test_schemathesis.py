"""Schemathesis sends every operation of the Content API requests that its document allows, and others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import TestCase
from schemathesis.core.result import Ok
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test

from archive.models import ArchiveItemPage, ArchivePage
from newsletters.models import SignUpAttempt
from team.models import PersonPage, TeamPage
from tests.conftest import add_page
from tests.newsletters.building import Hub, build_hub, rolled_back

CONFIG = {
    "generation": {"deterministic": True, "max-examples": 15, "database": "none"},
    "operations": [
        {
            # The document cannot list the languages and themes, because they are content.
            "include-operation-id": "requestSubscription",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 404, 422, 429]}},
        }
    ],
}
contract = schemathesis.openapi.from_wsgi(
    "/api/v1/openapi.json", get_wsgi_application(), config=schemathesis.Config.from_dict(CONFIG)
)
FOUND = list(contract.get_all_operations())
OPERATIONS = [found.ok() for found in FOUND if isinstance(found, Ok)]
assert len(OPERATIONS) == len(FOUND), "the document describes an operation that cannot be read"


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests of a test run in the test's own transaction, as those of Django's test client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def hub(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hub]:
    """A site with a page of each type and an issue that was sent."""
    with rolled_back(django_db_blocker):
        with django_db_blocker.unblock(), TestCase.captureOnCommitCallbacks(execute=True):
            hub = build_hub()
            home = hub.site.root_page.specific
            team = add_page(home, TeamPage(title="Team", slug="team"))
            add_page(team, PersonPage(title="Sam", slug="sam", function="Facilitator"))
            archive = add_page(home, ArchivePage(title="Archive", slug="archive"))
            add_page(archive, ArchiveItemPage(title="Five years", slug="five-years", year=2020, kind="publication"))
            hub.subscribe("ann")
            hub.send()
        yield hub


@pytest.mark.parametrize("operation", OPERATIONS, ids=[each.label for each in OPERATIONS])
def test_every_answer_is_as_the_document_says(operation: Any, hub: Hub, db: None) -> None:
    known = {"slug": "letter", "issue": hub.issue.slug, "page_id": hub.page.pk}

    def ask(case: Any) -> None:
        SignUpAttempt.objects.all().delete()  # the limit of sign-ups
        if case.meta.generation.mode.is_positive:
            case.path_parameters |= {name: known[name] for name in case.path_parameters.keys() & known.keys()}
            # The document does not list the languages either.
            case.query |= {"locale": "en"} if "locale" in case.query else {}
        case.call_and_validate()

    # Schemathesis's own parametrisation gives all operations one name under pytest 9.2, and xdist runs one of them.
    ask_all = build_operation_test(
        config=contract.config, operation=operation, test_func=ask, given_kwargs={}, feedback=FeedbackSources()
    )
    ask_all()


def test_every_page_is_as_the_document_says(hub: Hub, db: None) -> None:
    pages = contract["/api/v1/pages/{page_id}"]["GET"]
    listed = contract["/api/v1/pages"]["GET"].Case(query={"limit": 100}).call_and_validate().json()["items"]
    types = [pages.Case(path_parameters={"page_id": page["id"]}).call_and_validate().json()["type"] for page in listed]
    assert {"activity", "archive-item", "article", "home", "issue", "person", "theme"} <= set(types)
