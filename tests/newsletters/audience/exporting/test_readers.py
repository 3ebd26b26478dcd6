"""A list of readers leaves the hub as a file that it can read again, with who took it and why."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry

from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.exporting.readers import HEADER, readers_of, write_readers
from newsletters.audience.importing.columns import match_columns
from newsletters.audience.importing.rows import ImportRow, RowReader
from newsletters.audience.importing.table import open_table
from newsletters.models import Newsletter, Segment, Subscriber, Subscription
from tests.newsletters.audience.segments.test_rules import DUTCH, NAMELESS, make_segment
from tests.newsletters.audience.test_subscriptions import client_of
from tests.newsletters.building import Hub

EXPORT = "newsletters_admin:export"


@pytest.fixture
def administrator(hub: Hub) -> Client:
    return client_of(hub, "administrator")


def asked(hub: Hub, **changes: str) -> dict[str, Any]:
    return {"newsletter": hub.newsletter.pk, "status": "", "kind": "csv", "why": "a meeting"} | changes


def read(answer: Any) -> bytes:
    """Return the file; at its end the test client closes it, without closing the test's connection to the database."""
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_was_exported_can_be_imported_again(hub: Hub, administrator: Client, kind: str, tmp_path: Path) -> None:
    confirm_sign_up(hub.ask("noa", language="nl", themes=["data", "power"]), wording="", now=timezone.now())
    hub.subscribe("gone", status=Subscription.Status.ENDED)
    answer = administrator.post(reverse(EXPORT), asked(hub, kind=kind))
    assert f'filename="letter-{timezone.localdate()}.{kind}"' in answer["Content-Disposition"]
    file = tmp_path / f"readers.{kind}"
    file.write_bytes(read(answer))
    table = open_table(file, name=file.name)
    reader = RowReader(
        matching=match_columns(table.header, name=file.name),
        languages=["en", "nl"],
        themes={"data": ["Data"], "power": ["Power"]},
        zone=timezone.get_current_timezone(),
        now=timezone.now() + timedelta(seconds=1),
    )
    noa, gone = (reader.read(row) for row in table.rows())
    assert isinstance(noa, ImportRow)
    assert isinstance(gone, ImportRow)
    assert (noa.email, noa.first_name, noa.language) == ("noa@example.org", "Noa", "nl")
    assert set(noa.theme_slugs) == {"data", "power"}
    assert (noa.state, gone.state) == ("subscribed", "unsubscribed")
    assert noa.consent_at is not None


def test_who_exported_how_many_and_why_is_in_the_log(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann", "bob")
    hub.subscribe("gone", status=Subscription.Status.ENDED)
    read(administrator.post(reverse(EXPORT), asked(hub, status="active")))
    entry = ModelLogEntry.objects.get(action="hub_newsletters.export")
    assert (entry.user, entry.data) == (hub.users["administrator"], {"people": 2, "why": "a meeting"})
    assert entry.formatter.format_message(entry) == "2 readers were exported: a meeting"


def test_a_segment_is_exported_and_named_in_the_log(hub: Hub, administrator: Client) -> None:
    hub.subscribe("ann", language="nl")
    hub.subscribe("bob")
    hub.subscribe("cem", language="nl", status=Subscription.Status.ENDED)
    dutch = make_segment(hub, "Dutch", DUTCH)
    assert "Dutch (The Letter)" in administrator.get(reverse(EXPORT)).content.decode()
    file = read(administrator.post(reverse(EXPORT), asked(hub, segment=f"{dutch.pk}", status="active"))).decode()
    assert "ann@example.org" in file
    assert file.count("@") == 1
    entry = ModelLogEntry.objects.get(action="hub_newsletters.export")
    assert entry.data == {"people": 1, "why": "a meeting", "segment": "Dutch"}


def test_a_segment_of_another_newsletter_or_one_that_is_broken_gives_no_file(hub: Hub, administrator: Client) -> None:
    other = Newsletter.objects.create(name="Other", slug="other", sender_email="a@hub.test", reply_to="a@hub.test")
    foreign = Segment.objects.create(newsletter=other, name="Theirs", conditions=[asdict(NAMELESS)])
    broken = Segment.objects.create(newsletter=hub.newsletter, name="Broken", conditions=[{"kind": "horoscope"}])
    for segment, words in ((foreign, "belongs to another newsletter"), (broken, "names something that is gone")):
        answer = administrator.post(reverse(EXPORT), asked(hub, segment=f"{segment.pk}"))
        assert words in answer.content.decode()
    assert not ModelLogEntry.objects.filter(action="hub_newsletters.export").exists()


def test_without_a_reason_there_is_no_file(hub: Hub, administrator: Client) -> None:
    answer = administrator.post(reverse(EXPORT), asked(hub, why=""))
    assert "This field is required" in answer.content.decode()
    assert not ModelLogEntry.objects.filter(action="hub_newsletters.export").exists()


def test_the_list_leads_there_for_those_who_may(hub: Hub, administrator: Client) -> None:
    assert reverse(EXPORT) in administrator.get(reverse("subscriptions:index")).content.decode()
    looks = client_of(hub, "editor", "view_subscription")
    assert reverse(EXPORT) not in looks.get(reverse("subscriptions:index")).content.decode()
    assert looks.post(reverse(EXPORT), asked(hub)).status_code == 302


def test_a_name_that_is_a_formula_is_not_run(hub: Hub) -> None:
    hub.subscribe("ann")
    Subscriber.objects.update(first_name='=HYPERLINK("http://evil.example")')
    file = BytesIO()
    assert write_readers(readers_of(hub.newsletter), kind="csv", to=file) == 1
    assert b"\"'=HYPERLINK(" in file.getvalue()


def test_a_long_list_takes_two_queries(hub: Hub, django_assert_num_queries: Any) -> None:
    hub.subscribe(*(f"reader{number}" for number in range(30)))
    with django_assert_num_queries(2):  # the own fields, and the readers
        assert write_readers(readers_of(hub.newsletter), kind="csv", to=BytesIO()) == 30
    assert len(HEADER) == 8
