"""The page on personal data names every field about a reader, and the days that the settings really have."""

from __future__ import annotations

import re
from pathlib import Path

from newsletters.conf import Conf
from newsletters.models import (
    BulkChange,
    BulkPiece,
    ConsentEvent,
    Delivery,
    ImportedRow,
    ImportPiece,
    OwnValue,
    PersonNote,
    SignUp,
    SignUpAttempt,
    Subscriber,
    Subscription,
    Suppression,
)

PAGE = (Path(__file__).resolve().parents[3] / "docs/privacy.md").read_text()
ABOUT_READERS = (
    Subscriber,
    Subscription,
    ConsentEvent,
    SignUp,
    SignUpAttempt,
    Delivery,
    ImportPiece,
    ImportedRow,
    Suppression,
    PersonNote,
    OwnValue,
    BulkChange,
    BulkPiece,
)


def test_every_field_about_a_reader_is_in_the_table() -> None:
    fields = {
        f"{model.__name__}.{field.name}"
        for model in ABOUT_READERS
        for field in model._meta.fields
        if field.name != "id"
    }
    fields |= {"WebhookDelivery.subject", "WebhookDelivery.body"}  # its other fields are about the webhook
    named = set(re.findall(r"`([A-Z]\w+\.\w+)`", PAGE))
    assert fields - named == {"Subscription.subscriber"}  # the link between the two
    assert named <= fields


def test_the_page_names_the_days_of_the_settings() -> None:
    found = re.findall(r"`(KEEP_\w+|PERSON_LINK_HOURS|UNDO_\w+|SLEEPING_MONTHS|ANSWER_DAYS)` \((\d+)\)", PAGE)
    assert {name for name, _number in found} == {
        "KEEP_ENDED_DAYS",
        "KEEP_IMPORTS_DAYS",
        "KEEP_REPLIES_DAYS",
        "KEEP_SIGN_UPS_DAYS",
        "PERSON_LINK_HOURS",
        "UNDO_ADDRESS_DAYS",
        "UNDO_BULK_DAYS",
        "SLEEPING_MONTHS",
        "ANSWER_DAYS",
    }
    assert all(getattr(Conf, name) == int(number) for name, number in found)
    for text in ("after 28 days", "na 28 dagen"):
        assert text in " ".join(PAGE.replace("> ", "").split())
