"""A proof of work for sign-ups, in altcha's scheme (version 2): a second for a visitor, days for a flood of requests.

Challenges are signed and not stored; which ones were solved, SignUpAttempt remembers for as long as they are valid.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from altcha import Challenge, Payload, create_challenge, verify_solution
from django.utils.crypto import salted_hmac

from newsletters.conf import conf

VALID_FOR = timedelta(minutes=20)  # shorter than SignUpAttempt is kept
MOST_CHARACTERS = 2000


def new_challenge(slug: str, *, now: datetime) -> Challenge:
    """Return a challenge for a sign-up to the newsletter with this slug."""
    return create_challenge(
        "PBKDF2/SHA-256",
        conf.PROOF_OF_WORK_COST,
        expires_at=now + VALID_FOR,
        data={"newsletter": slug},
        hmac_secret=_secret(),
    )


def solved_challenge(solution: str, *, slug: str) -> str | None:
    """Return which challenge was solved; None if it was none of ours, has expired, or is another newsletter's."""
    if len(solution) > MOST_CHARACTERS or not verify_solution(solution, _secret()).verified:
        return None
    challenge = Payload.from_base64(solution).challenge
    return challenge.signature if challenge.parameters.data == {"newsletter": slug} else None


def _secret() -> bytes:
    return salted_hmac("hub_newsletters.proof_of_work", "", algorithm="sha256").digest()
