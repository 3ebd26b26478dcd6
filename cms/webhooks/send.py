"""Send what is due to an endpoint: claim a row, post it, record the outcome."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.http import parse_http_date_safe

from cms.conf import webhooks_conf
from cms.models import WebhookDelivery, WebhookEndpoint
from cms.plugins.registry import personal_events
from cms.webhooks.client import AddressNotAllowed, Answer, BadCertificate, NoAnswer, Post, TooSlow
from cms.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

JITTER = 0.2  # waits are up to this fraction longer, so that receivers that were down do not get everything at once
GONE = 410
Trouble = WebhookDelivery.Trouble
TROUBLES: dict[type[NoAnswer], Trouble] = {
    AddressNotAllowed: Trouble.PRIVATE,
    BadCertificate: Trouble.CERTIFICATE,
    TooSlow: Trouble.TOO_SLOW,
    NoAnswer: Trouble.UNREACHABLE,
}


def send_due(
    endpoint_id: int,
    *,
    post: Post,
    clock: Callable[[], datetime],
    chance: Callable[[], float],
    prepare: Callable[[WebhookDelivery], object] = lambda _delivery: None,
) -> int:
    """Send up to BATCH_SIZE due deliveries to the endpoint, one after the other; return how many were attempted.

    `prepare` gets what a message is about ready before the message is claimed, because the lease covers only sending.

    Failures are recorded on the row. If a receiver does not answer, or asks for time with `Retry-After`, the rest of
    its queue waits until the next attempt. `chance` returns a number from 0 up to 1.
    """
    for attempted in range(webhooks_conf.BATCH_SIZE):
        if upcoming := WebhookDelivery.next_due(endpoint_id=endpoint_id, now=clock()):
            prepare(upcoming)
        delivery = WebhookDelivery.claim_next(endpoint_id=endpoint_id, now=clock())
        if delivery is None:
            return attempted
        if not _send(delivery, post=post, clock=clock, chance=chance):
            return attempted + 1
    return int(webhooks_conf.BATCH_SIZE)


def wait_before_retry(*, attempts: int, chance: float) -> timedelta | None:
    """Return how long to wait after this many attempts; None if that was the last one."""
    waits = webhooks_conf.RETRY_SECONDS
    return timedelta(seconds=waits[attempts - 1] * (1 + JITTER * chance)) if attempts <= len(waits) else None


def asked_for(answer: Answer | None, *, now: datetime) -> timedelta:
    """Return how long the receiver asked us to wait (RFC 9110, section 10.2.3), at most a day; 0 if it did not ask.

    `Retry-After` holds seconds or a date; any other value is ignored.
    """
    retry_after = answer.retry_after.strip() if answer else ""
    longest = max(webhooks_conf.RETRY_SECONDS)
    if re.fullmatch(r"\d{1,9}", retry_after, re.ASCII):
        seconds = int(retry_after)
    else:
        at = parse_http_date_safe(retry_after)
        seconds = 0 if at is None else at - int(now.timestamp())
    return timedelta(seconds=min(max(seconds, 0), longest))


def _send(delivery: WebhookDelivery, *, post: Post, clock: Callable[[], datetime], chance: Callable[[], float]) -> bool:
    """Make one attempt; return whether the next delivery may follow: the receiver answered and asked for no time."""
    endpoint = delivery.endpoint
    try:
        body = _body(delivery)
    except Exception:
        logger.exception("Webhook delivery %s could not be made", delivery.pk)
        _fail(delivery, trouble=Trouble.NOT_MADE, answer=None, now=clock(), chance=chance())
        return True
    if body is None:
        delivery.delete()
        return True
    headers = signed_headers(seeds=endpoint.seeds(now=clock()), event_id=str(delivery.event_id), body=body, now=clock())
    try:
        answer = post(endpoint.url, body=body.encode(), headers={"Content-Type": "application/json", **headers})
        if delivery.subject:
            answer = replace(answer, excerpt="")  # it may quote the person's address
    except NoAnswer as error:
        _fail(delivery, trouble=TROUBLES[type(error)], answer=None, now=clock(), chance=chance())
        return False
    if 200 <= answer.status < 300:
        delivery.deliver(status=answer.status, answer=answer.excerpt, now=clock())
        return True
    trouble = Trouble.REDIRECT if 300 <= answer.status < 400 else Trouble.REFUSED
    _fail(delivery, trouble=trouble, answer=answer, now=clock(), chance=chance())
    return not asked_for(answer, now=clock())


def _body(delivery: WebhookDelivery) -> str | None:
    """Return the message: as it was recorded, or completed with what is known of a person now; None if they are gone.

    An event of a plugin that is not installed any more cannot be completed either.
    """
    if delivery.subject is None:
        return delivery.body
    event, message = personal_events().get(delivery.event), json.loads(delivery.body)
    data = event.complete(message["data"]) if event else None
    if data is None:
        return None
    message["data"] = data.model_dump(mode="json", exclude_none=True)
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _fail(delivery: WebhookDelivery, *, trouble: Trouble, answer: Answer | None, now: datetime, chance: float) -> None:
    status, excerpt = (answer.status, answer.excerpt) if answer else (None, "")
    wait = wait_before_retry(attempts=delivery.attempts, chance=chance)
    logger.info("Webhook delivery %s to %s: %s %s", delivery.pk, delivery.endpoint.host, trouble, status or "")
    if wait is None or status == GONE:
        delivery.give_up(trouble=trouble, status=status, answer=excerpt)
        _switch_off_if_hopeless(delivery, is_gone=status == GONE)
        return
    requested_wait = asked_for(answer, now=now)
    until = now + max(wait, requested_wait)
    delivery.put_off(until=until, trouble=trouble, status=status, answer=excerpt)
    if trouble != Trouble.NOT_MADE and (answer is None or requested_wait):
        WebhookDelivery.rest(endpoint_id=delivery.endpoint_id, until=until)


def _switch_off_if_hopeless(delivery: WebhookDelivery, *, is_gone: bool) -> None:
    """Switch the endpoint off if it answered 410, or if nothing arrived during the whole schedule of attempts."""
    endpoint = delivery.endpoint
    # A message that was sent again by hand has more attempts.
    is_last_of_schedule = delivery.attempts == len(webhooks_conf.RETRY_SECONDS) + 1
    if not is_gone and (
        not is_last_of_schedule or WebhookDelivery.any_arrived_since(endpoint_id=endpoint.pk, then=delivery.created_at)
    ):
        return
    reason = WebhookEndpoint.Off.GONE if is_gone else WebhookEndpoint.Off.FAILING
    if endpoint.switch_off(reason=reason):
        logger.warning("Webhook %s to %s is switched off: %s", endpoint.pk, endpoint.host, reason)
