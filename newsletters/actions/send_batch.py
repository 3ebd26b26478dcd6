"""Send some of a dispatch's deliveries over one connection, one commit per message."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from newsletters import ledger
from newsletters.conf import conf
from newsletters.models import Delivery, Dispatch
from newsletters.sending.message import build_message
from newsletters.sending.replies import Verdict, verdict_on
from newsletters.sending.transport import (
    Connection,
    MessageUnsendable,
    Reply,
    ReplyLost,
    Transport,
    TransportDown,
)

logger = logging.getLogger(__name__)

Settle = Callable[[], None]


def send_batch(dispatch: Dispatch, *, transport: Transport, worker: str, clock: Callable[[], datetime]) -> int:
    """Claim and send up to BATCH_SIZE deliveries; return how many were handed to the server.

    What goes wrong with one mail is recorded on its row. What goes wrong with the server is recorded on the
    dispatch, which waits or pauses; nothing is lost and nothing raised.
    """
    sent = 0
    while sent < conf.BATCH_SIZE:
        keys = ledger.claim(dispatch, worker=worker, now=clock())
        if not keys:
            break
        try:
            with transport.connect() as connection:
                _note_server_back(dispatch)
                sent += _send_claimed(dispatch, keys, connection=connection, worker=worker, clock=clock)
        except TransportDown as error:
            _note_server_down(dispatch, error, now=clock())
            break
        except ReplyLost as error:
            # That one row is uncertain. Were the next ones to follow at once, a sick server could make many so.
            _note_server_down(dispatch, TransportDown(str(error)), now=clock())
            break
        finally:
            ledger.put_back(keys, worker=worker, status=Delivery.Status.CLAIMED)
    ledger.finish_if_done(dispatch, now=clock())
    return sent


def _send_claimed(
    dispatch: Dispatch,
    keys: list[int],
    *,
    connection: Connection,
    worker: str,
    clock: Callable[[], datetime],
) -> int:
    """Send one after the other; each commit says what became of the last one and that the next is in flight."""
    sent = 0
    settle: Settle = _nothing_to_settle
    for key in keys:
        with transaction.atomic():
            settle()
            settle = _nothing_to_settle
            is_ours = ledger.put_in_flight(key, worker=worker, now=clock())
        if is_ours:
            settle = _send_one(dispatch, key, connection=connection, worker=worker, clock=clock)
            sent += 1
    settle()
    return sent


def _send_one(
    dispatch: Dispatch, key: int, *, connection: Connection, worker: str, clock: Callable[[], datetime]
) -> Settle:
    """Hand over one delivery; return what is to be recorded together with the next step."""
    delivery = Delivery.objects.select_related("dispatch", "edition__locale", "subscription__subscriber").get(pk=key)
    newsletter = dispatch.newsletter
    try:
        message = build_message(delivery, newsletter=newsletter, now=clock())
        recipient = message["To"].addresses[0].addr_spec
        reply = connection.send(message, sender=newsletter.sender_email, recipient=recipient)
    except MessageUnsendable as error:
        why = str(error)
        return lambda: ledger.exclude_unsendable(key, why=why, now=clock())
    except TransportDown:
        ledger.put_back([key], worker=worker, status=Delivery.Status.IN_FLIGHT)  # nothing was handed over
        raise
    except ReplyLost as error:
        ledger.mark_uncertain(key, why=str(error))
        raise
    return lambda: _record(dispatch, key, reply=reply, now=clock())


def _record(dispatch: Dispatch, key: int, *, reply: Reply, now: datetime) -> None:
    match verdict_on(reply):
        case Verdict.ACCEPTED:
            ledger.accept(key, reply=reply, now=now)
        case Verdict.REFUSED:
            ledger.reject(key, reply=reply, now=now)
        case Verdict.LATER:
            ledger.defer(key, reply=reply, now=now)
        case Verdict.OUR_FAULT:
            ledger.defer(key, reply=reply, now=now, may_give_up=False)
            _pause(dispatch, why=f"{reply.code} {reply.text}")


def _nothing_to_settle() -> None:
    """Before the first message there is nothing to record."""


def _pause(dispatch: Dispatch, *, why: str) -> None:
    logger.error("Dispatch %s is paused: %s", dispatch.pk, why)
    ledger.pause(dispatch, why=why)


def _note_server_down(dispatch: Dispatch, error: TransportDown, *, now: datetime) -> None:
    if error.is_our_fault:
        _pause(dispatch, why=str(error))
        return
    logger.warning("Dispatch %s waits for the mail server: %s", dispatch.pk, error)
    Dispatch.objects.filter(pk=dispatch.pk, status=Dispatch.Status.SENDING).update(
        status_reason=str(error)[:255], retry_at=now + timedelta(seconds=conf.OUTAGE_SECONDS)
    )


def _note_server_back(dispatch: Dispatch) -> None:
    Dispatch.objects.filter(pk=dispatch.pk).exclude(retry_at=None).update(status_reason="", retry_at=None)
