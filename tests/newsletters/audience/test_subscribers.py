"""People are found by their mailbox, however the address is written and however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from newsletters.models import Subscriber
from newsletters.models.audience.suppression import mailbox_digest

SPELLINGS = {
    "as it is": "Émil@bücher.example",
    "capitals": "ÉMIL@BÜCHER.EXAMPLE",
    "small letters": "émil@bücher.example",
    "the domain in ASCII": "Émil@xn--bcher-kva.example",
    "full-width letters": "Émil@bücher．ｅｘａｍｐｌｅ",
    "an accent of its own": "E\u0301mil@bu\u0308cher.example",
    "what cannot be seen": "\u200bÉmil@bücher.example\ufeff",
    "spaces": " Émil@bücher.example ",
}


@pytest.mark.parametrize("typed", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_of_a_mailbox_is_one_subscriber(db: Any, typed: str) -> None:
    emil = Subscriber.objects.create(email="Émil@bücher.example")
    Subscriber.objects.create(email="joemil@bücher.example")
    assert list(Subscriber.objects.at(typed)) == [emil]
    assert mailbox_digest(typed) == mailbox_digest(emil.email)
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.create(email=typed)


def test_two_domains_that_older_rules_confuse_are_two(db: Any) -> None:
    Subscriber.objects.create(email="ann@faß.example")
    assert not Subscriber.objects.at("ann@fass.example").exists()


def test_the_mailbox_follows_the_address(db: Any) -> None:
    (ann,) = Subscriber.objects.bulk_create([Subscriber(email="Ann@example.org")])
    ann.email = "Bea@example.org"
    ann.save()
    assert Subscriber.objects.at("bea@EXAMPLE.org").get() == ann


def test_the_index_of_mailboxes_is_used(db: Any) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # which is quicker for an empty table
    assert "ndex" in Subscriber.objects.at("ann@example.org").explain()


def test_a_digest_depends_on_a_key_that_is_not_the_secret_key(settings: Any) -> None:
    plain = mailbox_digest("ann@example.org")
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"SUPPRESSION_KEY": "k" * 40}
    keyed = mailbox_digest("ann@example.org")
    settings.SECRET_KEY = "another-secret-key-" + "x" * 40
    assert mailbox_digest("ann@example.org") == keyed != plain
