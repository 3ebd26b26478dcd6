"""Sending webhooks in the background: tasks carry keys only, may run twice, and do one bounded piece."""

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
    """Send what is due to one endpoint, and ask for another turn when more is; return how many were tried.

    Only a task that tried something asks for another one, so that their number does not grow.
    """
    tried = send_due(endpoint_id, post=post, clock=timezone.now, chance=chance, prepare=make_pictures)
    if tried and (later := _next_try_at(endpoint_id)):
        send_webhooks.using(run_after=max(later, timezone.now())).enqueue(endpoint_id)
    return tried


def make_pictures(delivery: WebhookDelivery) -> None:
    """Make the pictures of the page that is announced, so that who asks for it on hearing of it finds them.

    Only before the first try, and whatever goes wrong: the message does not depend on it.
    """
    if delivery.attempts or delivery.page_id is None:
        return
    try:
        make_now(page_id=delivery.page_id)
    except Exception:
        logger.exception("The pictures of page %s could not be made", delivery.page_id)


def sweep() -> list[int]:
    """Start a task for each endpoint that has something due and none; forget what is old; return those endpoints.

    This looks at the deliveries, so it does not matter what became of earlier tasks; but one that still waits for a
    worker is enough.
    """
    now = timezone.now()
    WebhookDelivery.prune(before=now - timedelta(days=webhooks_conf.KEEP_DAYS))
    due = sorted(set(WebhookDelivery.due(now=now).order_by().values_list("endpoint", flat=True)))
    missing = [key for key in due if not is_waiting(send_webhooks, key)]
    for key in missing:
        send_webhooks.enqueue(key)
    return missing


def _next_try_at(endpoint_id: int) -> datetime | None:
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint_id, endpoint__is_active=True)
    at: datetime | None = waiting.aggregate(at=Min("next_try_at"))["at"]
    return at
