"""Background work: tasks carry keys only, may run twice, and do one bounded piece."""

from __future__ import annotations

import logging
import os
import socket
from datetime import timedelta
from secrets import token_hex

from django.db.models import Q
from django.utils import timezone

from cms.compat import task
from cms.stopping import told_to_stop
from newsletters import ledger
from newsletters.actions.send_batch import send_batch
from newsletters.actions.send_confirmation import send_confirmation
from newsletters.actions.start_scheduled import start_scheduled
from newsletters.conf import conf
from newsletters.models import ConsentEvent, Delivery, Dispatch
from newsletters.sending.transport import MessageUnsendable, ReplyLost, TransportDown, configured_transport

logger = logging.getLogger(__name__)

MAILS_FIRST = 10  # before pictures and other work that nobody waits for


@task(backend="background", priority=MAILS_FIRST)
def deliver(dispatch_pk: int) -> int:
    """Send one batch of a dispatch and ask for another turn while there is more; return how many went out."""
    dispatch = Dispatch.objects.select_related("newsletter").filter(pk=dispatch_pk).first()
    if dispatch is None or dispatch.status != Dispatch.Status.SENDING:
        return 0
    worker = f"{socket.gethostname()[:20]}:{os.getpid()}:{token_hex(4)}"
    with told_to_stop() as should_stop:
        sent = send_batch(
            dispatch, transport=configured_transport(), worker=worker, clock=timezone.now, should_stop=should_stop
        )
    if sent and _has_work(dispatch):
        deliver.enqueue(dispatch_pk)
    return sent


@task(backend="background", priority=MAILS_FIRST)
def confirm_by_mail(subscription_pk: int, event_pk: int) -> None:
    """Send the mail that asks a new subscriber to confirm; if the server does not take it now, try again later."""
    now = timezone.now()
    event = ConsentEvent.objects.filter(pk=event_pk).first()
    if event is None or now - event.at > timedelta(days=conf.CONFIRM_WITHIN_DAYS):
        return
    try:
        done = send_confirmation(subscription_pk=subscription_pk, event_pk=event_pk, now=now)
    except (TransportDown, ReplyLost) as error:
        logger.warning("Confirmation %s waits for the mail server: %s", event_pk, error)
        done = False
    except MessageUnsendable:
        logger.warning("Confirmation %s cannot be sent: the mail server takes no such address", event_pk)
        done = True
    if not done:
        later = now + timedelta(seconds=conf.RETRY_FIRST_SECONDS)
        confirm_by_mail.using(run_after=later).enqueue(subscription_pk, event_pk)


def sweep() -> list[int]:
    """Take back what dead workers held, start what is scheduled for now, and start a delivery task for each dispatch
    that has work; return those.

    This looks at the ledger, not at the task table, so it does not matter what became of earlier tasks.
    """
    now = timezone.now()
    ready, uncertain = ledger.release_expired(now=now)
    if ready or uncertain:
        logger.warning("Took back %s claimed deliveries; %s are uncertain", ready, uncertain)
    start_scheduled(now=now)
    started = []
    for dispatch in Dispatch.objects.filter(status=Dispatch.Status.SENDING):
        if not ledger.finish_if_done(dispatch, now=now) and _has_work(dispatch):
            deliver.enqueue(dispatch.pk)
            started.append(dispatch.pk)
    return started


def _has_work(dispatch: Dispatch) -> bool:
    now = timezone.now()
    current = Dispatch.objects.filter(pk=dispatch.pk, status=Dispatch.Status.SENDING)
    due = Q(deliveries__status=Delivery.Status.READY) | Q(
        deliveries__status=Delivery.Status.DEFERRED, deliveries__due_at__lte=now
    )
    return current.filter(Q(retry_at=None) | Q(retry_at__lte=now)).filter(due).exists()
