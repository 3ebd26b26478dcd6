"""Change a subscriber's address: asked for on their own page, confirmed at the new address, undone from the old one."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from wagtail.models import Locale

from newsletters.audience.erased_journal import add_to_journal
from newsletters.models import ConsentEvent, ConsentSource, Newsletter, SignUp, Subscriber, Suppression, ThemeSet
from newsletters.models.audience.suppression import mailbox_digest

Status = SignUp.Status


def request_address_change(
    subscriber: Subscriber, *, email: str, newsletter: Newsletter, locale: Locale, now: datetime
) -> SignUp:
    """Note the request and return it; `answer_sign_up` sends the mail, in the newsletter's look.

    Who has the new address is not looked up here, so that a known and an unknown one take the same time.
    """
    return SignUp.objects.create(
        kind=SignUp.Kind.ADDRESS,
        subscriber=subscriber,
        email=email,
        newsletter=newsletter,
        locale=locale,
        theme_set=ThemeSet.of([]),
        source=ConsentSource.PERSON,
        requested_at=now,
        mail_due_at=now,
    )


@transaction.atomic
def confirm_address_change(asked: SignUp, *, now: datetime) -> bool:
    """Send everything to the new address, and a notice to the old one; return whether the new address is theirs now.

    It stays as it is if the request was closed or the person erased, or if somebody has a subscription at the new
    address: two people are never made one. A second click returns the same answer.
    """
    subscriber = _lock(asked)
    if subscriber is None or asked.status != Status.WAITING:
        return subscriber is not None and asked.status == Status.CONFIRMED and subscriber.mailbox == asked.mailbox
    former = subscriber.email
    if not _move(subscriber, asked, source=ConsentSource.CONFIRMATION, now=now):
        return False
    _confirm(asked)
    SignUp.objects.filter(subscriber=subscriber, kind=SignUp.Kind.ADDRESS, status=Status.WAITING).close()
    SignUp.objects.create(
        kind=SignUp.Kind.UNDO,
        subscriber=subscriber,
        email=former,
        newsletter=asked.newsletter,
        locale=asked.locale,
        theme_set=asked.theme_set,
        source=asked.source,
        requested_at=now,
        mail_due_at=now,
    )
    return True


@transaction.atomic
def undo_address_change(notice: SignUp, *, now: datetime) -> bool:
    """Bring the old address back, however often it was changed since; return whether it is theirs again.

    `notice` is the request whose mail told the old address. The links of later changes work no more.
    """
    subscriber = _lock(notice)
    if subscriber is None or notice.status != Status.WAITING:
        return subscriber is not None and notice.status == Status.CONFIRMED and subscriber.mailbox == notice.mailbox
    if not _move(subscriber, notice, source=ConsentSource.NOTICE, now=now):
        return False
    _confirm(notice)
    later = Q(kind=SignUp.Kind.ADDRESS) | Q(kind=SignUp.Kind.UNDO, pk__gt=notice.pk)
    SignUp.objects.filter(later, subscriber=subscriber, status=Status.WAITING).close()
    return True


def _lock(request: SignUp) -> Subscriber | None:
    """Lock all requests that this one may compete with, then the subscriber; return None if either is gone."""
    others = SignUp.objects.filter(Q(subscriber=request.subscriber_id) | Q(mailbox=request.mailbox))
    list(others.select_for_update().order_by("pk").values_list("pk"))
    try:
        request.refresh_from_db()
    except SignUp.DoesNotExist:
        return None
    if request.subscriber_id is None:
        return None
    return Subscriber.objects.select_for_update().filter(pk=request.subscriber_id).first()


def _move(subscriber: Subscriber, request: SignUp, *, source: ConsentSource, now: datetime) -> bool:
    """Give the subscriber the address of the request; return False if somebody else has it.

    Nobody may bring the address that was left back, as nobody may bring back who unsubscribed. Raises OSError if the
    journal cannot be written.
    """
    if subscriber.mailbox == request.mailbox:
        return True
    former, masked = subscriber.email, subscriber.masked_email
    subscriber.email, subscriber.address_changed_at = request.email, now
    try:
        with transaction.atomic():
            subscriber.save()
    except IntegrityError:
        return False
    subscriber.subscriptions.update(heard_at=now)
    SignUp.objects.filter(subscriber=subscriber, kind=SignUp.Kind.STILL).delete()  # they name the former address
    Suppression.objects.of(request.email).delete()
    reason = Suppression.Reason.LEFT
    Suppression.add(former, reason=reason, now=now)
    moved_to = mailbox_digest(subscriber.email)
    add_to_journal(mailbox_digest(former), reason=reason, is_erased=False, moved_to=moved_to, now=now)
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            subscription=subscription,
            kind=ConsentEvent.Kind.MOVED,
            source=source,
            language=subscription.locale.language_code,
            themes=subscription.theme_set.key,
            sign_up=request,
            message_id=request.message_id,
            reply=request.reply,
            note=f"{masked} → {subscriber.masked_email}"[:255],
            at=now,
        )
        for subscription in subscriber.subscriptions.select_related("locale", "theme_set")
    )
    return True


def _confirm(request: SignUp) -> None:
    request.status, request.mail_due_at = Status.CONFIRMED, None
    request.save(update_fields=["status", "mail_due_at"])
