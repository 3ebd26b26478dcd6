"""What a worker does when the server fails rather than a mail: wait, or pause and tell staff."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from newsletters.conf import conf
from newsletters.models import Dispatch
from newsletters.publications.staff_mail import tell_paused
from newsletters.sending import ledger
from newsletters.sending.transport.seam import TransportDown

logger = logging.getLogger(__name__)


def pause(dispatch: Dispatch, *, why: str) -> None:
    """Pause the dispatch, and tell the staff in charge once the pause is committed."""
    logger.error("Dispatch %s is paused: %s", dispatch.pk, why)
    if ledger.pause(dispatch, why=why):
        transaction.on_commit(partial(tell_paused, dispatch, why=why), robust=True)


def note_server_down(dispatch: Dispatch, error: TransportDown, *, now: datetime) -> None:
    """Let the dispatch wait for the server, or pause it if only our settings can help."""
    if error.is_our_fault:
        pause(dispatch, why=str(error))
        return
    logger.warning("Dispatch %s waits for the mail server: %s", dispatch.pk, error)
    seconds = conf.OUTAGE_SECONDS if error.wait_seconds is None else min(error.wait_seconds, conf.RETRY_MOST_SECONDS)
    ledger.wait(dispatch, why=str(error), until=now + timedelta(seconds=seconds))
