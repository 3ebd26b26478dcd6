"""Confirmation mails in the background."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from cms.background.compat import task
from newsletters.audience.actions.send_confirmation import send_confirmation
from newsletters.conf import conf
from newsletters.models import ConsentEvent
from newsletters.sending.transport.seam import MessageUnsendable, ReplyLost, TransportDown

logger = logging.getLogger(__name__)

PRIORITY = 100  # somebody is waiting for the mail; at 100, RQ puts the task at the front


@task(backend="background", queue_name="mails", priority=PRIORITY)
def confirm_by_mail(event_pk: int) -> None:
    """Send the mail that asks a new subscriber to confirm; the clock repeats this until it is sent."""
    event = ConsentEvent.objects.filter(pk=event_pk, mail_due_at__isnull=False).first()
    if event is None:
        return
    try:
        is_done = send_confirmation(event, now=timezone.now())
    except (TransportDown, ReplyLost) as error:
        logger.warning("Confirmation %s waits for the mail server: %s", event_pk, error)
        return
    except MessageUnsendable:
        logger.warning("Confirmation %s cannot be sent: the mail server does not accept such an address", event_pk)
        is_done = True
    if is_done:
        ConsentEvent.objects.filter(pk=event_pk).update(mail_due_at=None)


def start_confirmations() -> int:
    """Start a task for each confirmation mail that is due, and schedule the next attempt; return how many.

    Mails that have waited for CONFIRM_WITHIN_DAYS are given up: their links would not work any more.
    """
    now = timezone.now()
    due = ConsentEvent.objects.filter(mail_due_at__lte=now)
    due.filter(at__lt=now - timedelta(days=conf.CONFIRM_WITHIN_DAYS)).update(mail_due_at=None)
    return sum(start_confirmation(event, now=now) for event in due.order_by("mail_due_at")[: conf.CLAIM_SIZE])


def start_confirmation(event: ConsentEvent, *, now: datetime) -> bool:
    """Send the mail in the background; False if the queue cannot be reached, or another process was faster."""
    waited = (now - event.at).total_seconds()
    wait = min(max(waited, conf.RETRY_FIRST_SECONDS), conf.RETRY_MOST_SECONDS)
    mine = ConsentEvent.objects.filter(pk=event.pk, mail_due_at=event.mail_due_at)
    if not mine.update(mail_due_at=now + timedelta(seconds=wait)):
        return False
    try:
        confirm_by_mail.enqueue(event.pk)
    except Exception:
        logger.exception("Confirmation %s waits: its task cannot be put into the queue", event.pk)
        return False
    return True
