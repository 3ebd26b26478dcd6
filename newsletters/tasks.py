"""What the clock asks of the newsletter again and again."""

from __future__ import annotations

import logging

from django.utils import timezone

from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.models import Dispatch
from newsletters.sending import ledger
from newsletters.sending.tasks import start_workers

logger = logging.getLogger(__name__)


def sweep() -> list[int]:
    """Take back what dead workers held, start what is scheduled for now, and start the delivery tasks that are missing.

    Returns the dispatches that got some.

    This looks at the ledger, not at the task table, so it does not matter what became of earlier tasks.
    """
    now = timezone.now()
    ready, uncertain = ledger.release_expired(now=now)
    if ready or uncertain:
        logger.warning("Took back %s claimed deliveries; %s are uncertain", ready, uncertain)
    ledger.reopen_stranded()
    start_scheduled(now=now)
    ledger.look_again(now=now)
    sending = Dispatch.objects.filter(status=Dispatch.Status.SENDING)
    return [one.pk for one in sending if not ledger.finish_if_done(one, now=now) and start_workers(one)]
