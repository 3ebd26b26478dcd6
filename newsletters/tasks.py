"""The newsletter's periodic work, which the clock runs."""

from __future__ import annotations

import logging

from django.utils import timezone

from newsletters.conf import conf
from newsletters.exceptions import MailboxDown
from newsletters.issues.actions.start_scheduled import start_scheduled
from newsletters.models import Dispatch
from newsletters.results.actions.heed_refusals import heed_refusals
from newsletters.results.read_bounces import read_mailbox
from newsletters.sending import ledger
from newsletters.sending.tasks import start_workers

logger = logging.getLogger(__name__)


def sweep() -> list[int]:
    """Release the claims of dead workers, start scheduled issues that are due, and start missing delivery tasks.

    Returns the primary keys of the dispatches for which tasks were started. It looks at the ledger, not at the task
    table, so it does not matter what became of earlier tasks.
    """
    now = timezone.now()
    ready, uncertain = ledger.release_expired(now=now)
    if ready or uncertain:
        logger.warning("Released %s claimed deliveries; %s are uncertain", ready, uncertain)
    ledger.reopen_stranded()
    start_scheduled(now=now)
    ledger.look_again(now=now)
    sending = Dispatch.objects.filter(status=Dispatch.Status.SENDING)
    return [
        dispatch.pk for dispatch in sending if not ledger.finish_if_done(dispatch, now=now) and start_workers(dispatch)
    ]


def heed() -> None:
    """Set aside the subscriptions of readers who cannot be reached, or who called a mail spam."""
    if people := heed_refusals(now=timezone.now()):
        logger.info("Set %s subscriptions aside: their mail does not arrive, or they complained", people)


def read_bounces() -> None:
    """Read the mailbox for bounces, if there is one; try again at the next time if it cannot be read."""
    if not conf.BOUNCE_MAILBOX:
        return
    try:
        heard = read_mailbox(now=timezone.now())
    except MailboxDown as error:
        logger.warning("The mailbox for bounces waits: %s", error)
    else:
        if heard:
            logger.info("Bounces: %s", ", ".join(f"{count} {outcome.name.lower()}" for outcome, count in heard.items()))
