"""The audience's work in the background: answers to sign-ups, welcomes, bulk changes, imports, retention."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from cms.background.compat import task
from cms.background.stopping import asked_to_stop
from newsletters.audience.actions.answer_sign_up import answer_sign_up
from newsletters.audience.actions.keep_retention import keep_retention
from newsletters.audience.actions.pause_subscriptions import end_pauses
from newsletters.audience.actions.send_welcome import send_welcome
from newsletters.audience.imports.work import work_on
from newsletters.audience.sleeping.ask import ask_sleeping
from newsletters.audience.sleeping.end_unanswered import end_unanswered
from newsletters.audience.staff_actions.work_off_bulk_change import work_off_bulk_change
from newsletters.conf import conf
from newsletters.models import BulkChange, ReaderImport, SignUp
from newsletters.publications.staff_mail import language_of
from newsletters.sending.transport.seam import MessageUnsendable, ReplyLost, TransportDown

logger = logging.getLogger(__name__)

BULK_PAUSE = timedelta(minutes=2)  # without a sign of life from a bulk change, before it is started again
PRIORITY = 100  # somebody is waiting for the mail; at 100, RQ puts the task at the front


@task(backend="background", queue_name="mails", priority=PRIORITY)
def answer_by_mail(sign_up_pk: int) -> None:
    """Send the mail that answers a sign-up; the clock repeats this until it is sent."""
    waiting = SignUp.objects.select_related("newsletter", "locale").filter(mail_due_at__isnull=False)
    sign_up = waiting.filter(pk=sign_up_pk).first()
    if sign_up is None:
        return
    try:
        is_done = answer_sign_up(sign_up, now=timezone.now())
    except TransportDown as error:
        logger.warning("The answer to sign-up %s waits for the mail server: %s", sign_up_pk, error)
        return
    except ReplyLost as error:  # the mail may have been accepted: again and again would bomb the address
        logger.warning("The answer to sign-up %s may or may not be sent: %s", sign_up_pk, error)
        is_done = True
    except MessageUnsendable:
        logger.warning("Sign-up %s cannot be answered: the mail server does not accept such an address", sign_up_pk)
        is_done = True
    if is_done:
        SignUp.objects.filter(pk=sign_up_pk).update(mail_due_at=None)


def start_answers() -> int:
    """Start a task for each answer that is due, and schedule the next attempt; return how many.

    Mails that have waited for CONFIRM_WITHIN_DAYS are given up: their links would not work any more.
    """
    now = timezone.now()
    due = SignUp.objects.filter(mail_due_at__lte=now)
    due.filter(requested_at__lt=now - timedelta(days=conf.CONFIRM_WITHIN_DAYS)).update(mail_due_at=None)
    return sum(start_answer(sign_up, now=now) for sign_up in due.order_by("mail_due_at")[: conf.CLAIM_SIZE])


def start_answer(sign_up: SignUp, *, now: datetime) -> bool:
    """Send the mail in the background; False if the queue cannot be reached, or another process was faster."""
    waited = (now - sign_up.requested_at).total_seconds()
    wait = min(max(waited, conf.RETRY_FIRST_SECONDS), conf.RETRY_MOST_SECONDS)
    mine = SignUp.objects.filter(pk=sign_up.pk, mail_due_at=sign_up.mail_due_at)
    if not mine.update(mail_due_at=now + timedelta(seconds=wait)):
        return False
    try:
        answer_by_mail.enqueue(sign_up.pk)
    except Exception:
        logger.exception("Sign-up %s waits: its task cannot be put into the queue", sign_up.pk)
        return False
    return True


@task(backend="background", queue_name="mails", priority=PRIORITY)
def welcome_by_mail(sign_up_pk: int) -> None:
    """Send the mail that welcomes a new subscriber; the clock repeats this until it is sent.

    It is claimed as the answer to a sign-up is: two tasks send one mail, and one that is killed while it sends may be
    followed by a second mail, but not by none.
    """
    now, due = timezone.now(), SignUp.objects.filter(pk=sign_up_pk, welcome_due_at__isnull=False)
    pause = timedelta(seconds=conf.RETRY_FIRST_SECONDS / 2)
    unclaimed = due.filter(Q(welcomed_at=None) | Q(welcomed_at__lt=now - pause))
    sign_up = due.select_related("newsletter").first()
    if sign_up is None or not unclaimed.update(welcomed_at=now):
        return
    try:
        is_done = send_welcome(sign_up, now=now)
    except TransportDown as error:
        logger.warning("The welcome for sign-up %s waits for the mail server: %s", sign_up_pk, error)
        is_done = False
    except (ReplyLost, MessageUnsendable) as error:
        logger.warning("The welcome for sign-up %s may not be sent: %s", sign_up_pk, error)
        is_done = True
    again_at = None if is_done else timezone.now() + timedelta(seconds=conf.RETRY_FIRST_SECONDS)
    SignUp.objects.filter(pk=sign_up_pk).update(welcome_due_at=again_at, welcomed_at=None)


def start_welcomes() -> int:
    """Start a task for each welcome that is due, and schedule the next attempt; return how many.

    A welcome is given up a day after the link that was confirmed would have expired.
    """
    now = timezone.now()
    due = SignUp.objects.filter(welcome_due_at__lte=now)
    due.filter(requested_at__lt=now - timedelta(days=conf.CONFIRM_WITHIN_DAYS + 1)).update(welcome_due_at=None)
    return sum(_start_welcome(sign_up, now=now) for sign_up in due.order_by("welcome_due_at")[: conf.CLAIM_SIZE])


def _start_welcome(sign_up: SignUp, *, now: datetime) -> bool:
    mine = SignUp.objects.filter(pk=sign_up.pk, welcome_due_at=sign_up.welcome_due_at)
    if not mine.update(welcome_due_at=now + timedelta(seconds=conf.RETRY_FIRST_SECONDS)):
        return False
    try:
        welcome_by_mail.enqueue(sign_up.pk)
    except Exception:
        logger.exception("The welcome for sign-up %s waits: its task cannot be put into the queue", sign_up.pk)
        return False
    return True


@task(backend="background", queue_name="mails")
def change_in_bulk(change_pk: int) -> None:
    """Do one batch of a bulk change, and start the next one while there is more."""
    if not work_off_bulk_change(change_pk, now=timezone.now()):
        go_on_with(change_pk)


def go_on_with(change_pk: int) -> None:
    """Put the next batch of a bulk change into the queue; if that cannot be reached, the clock tries again."""
    try:
        change_in_bulk.enqueue(change_pk)
    except Exception:
        logger.exception("Bulk change %s waits: its task cannot be put into the queue", change_pk)


def wake_bulk_changes() -> None:
    """Go on with bulk changes whose worker died."""
    now = timezone.now()
    for change_pk in BulkChange.objects.filter(finished_at=None, worked_at__lt=now - BULK_PAUSE).values_list(
        "pk", flat=True
    ):
        BulkChange.objects.filter(pk=change_pk).update(worked_at=now)
        go_on_with(change_pk)


def keep_house() -> None:
    """Let pauses end, ask readers who sleep, and delete what has been kept long enough."""
    end_pauses(today=timezone.localdate())
    if conf.ASK_SLEEPING:
        end_unanswered(now=timezone.now())
        ask_sleeping(now=timezone.now())
    keep_retention(now=timezone.now())


@task(backend="background")
def work_on_import(reader_import_pk: int, language: str) -> None:
    """Try out, run or undo an import; the clock starts this again if it ends half-way."""
    with asked_to_stop() as should_stop:
        work_on(reader_import_pk, language=language, should_stop=should_stop, clock=timezone.now)


def start_import_work(reader_import: ReaderImport) -> None:
    """Start the task; if the queue cannot be reached, the clock does so later."""
    try:
        work_on_import.enqueue(reader_import.pk, language_of(reader_import.created_by) or settings.LANGUAGE_CODE)
    except Exception:
        logger.exception("Import %s waits: its task cannot be put into the queue", reader_import.pk)


def restart_imports() -> int:
    """Start the work of imports that have shown no sign of life for IMPORT_LEASE_SECONDS; return how many."""
    now = timezone.now()
    silent = ReaderImport.objects.select_related("created_by").filter(
        status__in=ReaderImport.AT_WORK, heard_at__lt=now - timedelta(seconds=conf.IMPORT_LEASE_SECONDS)
    )
    restarted = 0
    for reader_import in silent:
        if ReaderImport.objects.filter(pk=reader_import.pk, heard_at=reader_import.heard_at).update(heard_at=now):
            start_import_work(reader_import)
            restarted += 1
    return restarted
