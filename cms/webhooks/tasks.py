"""Background tasks that send webhooks: they take only keys, may run twice, and do a limited amount of work."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from random import SystemRandom

from django.db.models import Min
from django.utils import timezone

from cms.background.compat import task
from cms.background.queue_probe import is_waiting
from cms.conf import webhooks_conf
from cms.models import WebhookDelivery
from cms.pictures.shown_images import make_now
from cms.webhooks.client import post
from cms.webhooks.send import send_due

logger = logging.getLogger(__name__)
chance = SystemRandom().random


@task(backend="background")
def send_webhooks(endpoint_id: int) -> int:
    """Send what is due to an endpoint, and enqueue a task for what is due later; return how many were attempted.

    Only a task that attempted something enqueues another one, so that their number does not grow.
    """
    attempted = send_due(endpoint_id, post=post, clock=timezone.now, chance=chance, prepare=make_pictures)
    if attempted and (later := _next_try_at(endpoint_id)):
        send_webhooks.using(run_after=max(later, timezone.now())).enqueue(endpoint_id)
    return attempted


def make_pictures(delivery: WebhookDelivery) -> None:
    """Make the pictures of the announced page, so that a receiver that fetches the page finds them.

    Happens only before the first attempt; an error does not stop the message.
    """
    if delivery.attempts or delivery.page_id is None:
        return
    try:
        make_now(page_id=delivery.page_id)
    except Exception:
        logger.exception("The pictures of page %s could not be made", delivery.page_id)


def sweep() -> list[int]:
    """Delete old deliveries, and start a task for each endpoint with due deliveries and no task; return the endpoints.

    This looks at the deliveries, so it does not matter what became of earlier tasks; but a task that still waits for a
    worker is enough.
    """
    now = timezone.now()
    WebhookDelivery.prune(before=now - timedelta(days=webhooks_conf.KEEP_DAYS))
    due = sorted(WebhookDelivery.due(now=now).order_by().values_list("endpoint", flat=True).distinct())
    missing = [key for key in due if not is_waiting(send_webhooks, key)]
    for key in missing:
        send_webhooks.enqueue(key)
    return missing


def _next_try_at(endpoint_id: int) -> datetime | None:
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint_id, endpoint__is_active=True)
    at: datetime | None = waiting.aggregate(at=Min("next_try_at"))["at"]
    return at
