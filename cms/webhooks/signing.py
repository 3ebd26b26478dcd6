"""Secrets and signatures of webhooks, as the Standard Webhooks specification 1.0.0 defines them.

Secrets are not stored, but derived from SECRET_KEY and a random seed of the endpoint, so a dump of the database is not
enough to sign. Keys in SECRET_KEY_FALLBACKS continue to sign alongside the current one.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.utils.crypto import salted_hmac
from standardwebhooks import Webhook

SALT = "hub_cms.webhooks.secret"


def secret_of(seed: str, *, key: str | None = None) -> str:
    """Return the secret (`whsec_` and 32 bytes in base64) that belongs to `seed` under this key of the hub."""
    digest = salted_hmac(SALT, seed, secret=key or settings.SECRET_KEY, algorithm="sha256").digest()
    return f"whsec_{base64.b64encode(digest).decode()}"


def signed_headers(*, seeds: Sequence[str], event_id: str, body: str, now: datetime) -> dict[str, str]:
    """Return the specification's three headers for an attempt, with a signature for each seed and each key."""
    at = now.astimezone(UTC).replace(microsecond=0)  # the library assumes UTC
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    signatures = [
        Webhook(secret_of(seed, key=key)).sign(msg_id=event_id, timestamp=at, data=body)
        for seed in seeds
        for key in keys
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
