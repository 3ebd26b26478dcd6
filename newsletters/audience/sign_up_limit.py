"""How often clients may request subscriptions, over the API and the sign-up page together: counted in the database."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from ninja.throttling import BaseThrottle

from cms.project.clients import client_address
from newsletters.audience.safeguards.proofs import Proof
from newsletters.conf import conf
from newsletters.models import Newsletter, SignUpAttempt

HOUR = timedelta(hours=1)


class SignUpThrottle(BaseThrottle):
    """Limits what one client, its network, one newsletter and the whole site may request within an hour.

    The settings SIGN_UPS_PER_HOUR… say how much. Attempts count, whatever they ask for and whether or not it is valid.
    With `proof_of`, those that bring no proof along fall under the stricter SIGN_UPS_PER_HOUR_UNPROVEN….
    """

    def __init__(self, *, proof_of: Callable[[HttpRequest], Proof] | None = None) -> None:
        self._proof_of = proof_of
        self._wait_seconds: int | None = None

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the attempt and say whether it is allowed; one that is refused does not count."""
        now = timezone.now()
        proof = self._proof_of(request) if self._proof_of else Proof()
        attempt = _attempt(request, proof=proof, now=now)
        _count(attempt)
        lately = SignUpAttempt.objects.filter(at__gt=now - HOUR)
        exceeded = _exceeded(lately, attempt)
        if exceeded is None:
            return True
        attempt.delete()
        oldest = lately.filter(exceeded).order_by("at").values_list("at", flat=True).first() or now
        self._wait_seconds = max(1, math.ceil((oldest + HOUR - now).total_seconds()))
        return False

    def wait(self) -> float | None:
        """Return in how many seconds an attempt will be allowed again."""
        return self._wait_seconds


def _attempt(request: HttpRequest, *, proof: Proof, now: datetime) -> SignUpAttempt:
    match = request.resolver_match
    slug = match.kwargs.get("slug") if match else None
    client = client_address(request) or ""
    newsletter = Newsletter.objects.filter(slug=slug).first() if slug else None
    return SignUpAttempt(
        newsletter=newsletter,
        client=_digest(client),
        network=_digest(_network(client)),
        is_proven=proof.is_given,
        challenge=proof.challenge,
        at=now,
    )


def _count(attempt: SignUpAttempt) -> None:
    """Save the attempt; a solution that was used before proves nothing."""
    try:
        with transaction.atomic():
            attempt.save()
    except IntegrityError:
        attempt.is_proven, attempt.challenge = False, None
        attempt.save()


def _exceeded(lately: QuerySet[SignUpAttempt], attempt: SignUpAttempt) -> Q | None:
    """Return the condition of the rows that are too many, None if there is room for this attempt."""
    client, newsletter = Q(client=attempt.client), Q(newsletter=attempt.newsletter_id)
    limits = [
        (client, conf.SIGN_UPS_PER_HOUR),
        (Q(network=attempt.network), conf.SIGN_UPS_PER_HOUR_NETWORK),
        (newsletter, conf.SIGN_UPS_PER_HOUR_NEWSLETTER),
        (Q(), conf.SIGN_UPS_PER_HOUR_SITE),
    ]
    if not attempt.is_proven:
        unproven = Q(is_proven=False)
        limits.append((unproven & client, conf.SIGN_UPS_PER_HOUR_UNPROVEN))
        limits.append((unproven & newsletter, conf.SIGN_UPS_PER_HOUR_UNPROVEN_NEWSLETTER))
    counts = lately.aggregate(**{f"limit_{place}": Count("pk", filter=rows) for place, (rows, _) in enumerate(limits)})
    return next((rows for place, (rows, most) in enumerate(limits) if counts[f"limit_{place}"] > most), None)


def _network(client: str) -> str:
    """Return the /24 of an IPv4 address, the /48 of an IPv6 one; a customer's own /64 counts as the client."""
    if not client:
        return ""
    bits = 24 if ip_address(client).version == 4 else 48
    return str(ip_network(f"{client}/{bits}", strict=False))


def _digest(name: str) -> str:
    return salted_hmac("hub_newsletters.sign_up_attempt", name, algorithm="sha256").hexdigest()[:32]
