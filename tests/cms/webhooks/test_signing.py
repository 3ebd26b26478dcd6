"""Signatures: the specification's own library verifies them, and anything that is altered fails."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone as django_timezone
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from cms.models import WebhookEndpoint
from cms.models.webhook import new_seed
from cms.webhooks.signing import secret_of, signed_headers

BODY = '{"type":"page.published","data":{"title":"Café"}}'


def headers(*seeds: str, **changed: Any) -> dict[str, str]:
    given: dict[str, Any] = {"event_id": "msg-1", "body": BODY, "now": django_timezone.now()} | changed
    return signed_headers(seeds=seeds, **given)


def test_the_library_verifies_what_is_sent() -> None:
    seed = new_seed()
    assert Webhook(secret_of(seed)).verify(BODY.encode(), headers(seed)) == {
        "type": "page.published",
        "data": {"title": "Café"},
    }


@pytest.mark.parametrize(
    "zone", [ZoneInfo("Europe/Amsterdam"), ZoneInfo("America/New_York"), timezone(timedelta(hours=14))]
)
def test_the_time_zone_of_the_clock_does_not_matter(zone: Any) -> None:
    seed = new_seed()
    Webhook(secret_of(seed)).verify(BODY, headers(seed, now=django_timezone.now().astimezone(zone)))


def test_any_change_makes_it_fail() -> None:
    seed = new_seed()
    good = headers(seed)
    later = str(int(good["webhook-timestamp"]) + 1)
    for body, altered in (
        (BODY.replace("Café", "Cafe"), good),
        (BODY + " ", good),
        (BODY, good | {"webhook-id": "msg-2"}),
        (BODY, good | {"webhook-timestamp": later}),
        (BODY, good | {"webhook-signature": "v1," + "A" * 43 + "="}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_of(seed)).verify(body, altered)


def test_an_old_message_cannot_be_played_again() -> None:
    seed = new_seed()
    stale = headers(seed, now=django_timezone.now() - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret_of(seed)).verify(BODY, stale)


def test_each_endpoint_has_a_secret_of_its_own_with_32_bytes() -> None:
    one, other = secret_of(new_seed()), secret_of(new_seed())
    assert one != other
    assert one.startswith("whsec_")
    assert len(one) == len("whsec_") + 44


def test_a_dump_of_the_database_signs_nothing_without_the_key(endpoint: WebhookEndpoint, settings: Any) -> None:
    stored = {str(value) for value in WebhookEndpoint.objects.filter(pk=endpoint.pk).values_list().get()}
    secret = secret_of(endpoint.seed)
    assert not [value for value in stored if secret in value or secret.removeprefix("whsec_") in value]
    settings.SECRET_KEY = "another key of the hub " + "x" * 40
    assert secret_of(endpoint.seed) != secret


def test_while_the_hubs_key_is_changed_both_keys_sign(settings: Any) -> None:
    seed, old_key = new_seed(), settings.SECRET_KEY
    old_secret = secret_of(seed)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key " + "y" * 50, [old_key]
    for secret in (old_secret, secret_of(seed)):
        Webhook(secret).verify(BODY, headers(seed))


def test_a_rotated_secret_goes_on_for_a_while(endpoint: WebhookEndpoint) -> None:
    now = django_timezone.now()
    old_secret = secret_of(endpoint.seed)
    endpoint.rotate(now=now)
    assert secret_of(endpoint.seed) != old_secret
    for secret in (old_secret, secret_of(endpoint.seed)):
        Webhook(secret).verify(BODY, headers(*endpoint.seeds(now=now + timedelta(hours=23))))
    with pytest.raises(WebhookVerificationError):
        Webhook(old_secret).verify(BODY, headers(*endpoint.seeds(now=now + timedelta(hours=24))))


def test_a_secret_is_shown_once_until_it_is_rotated(endpoint: WebhookEndpoint) -> None:
    now = django_timezone.now()
    assert [endpoint.reveal(now=now), endpoint.reveal(now=now)] == [True, False]
    endpoint.rotate(now=now)
    assert [endpoint.reveal(now=now), endpoint.reveal(now=now)] == [True, False]
