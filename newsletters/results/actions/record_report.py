"""Record what came back by mail: bounces and complaints with their deliveries, unsubscribing with its subscription."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import Enum, auto

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.request_link import request_link
from newsletters.models import ConsentSource, Delivery, Subscriber, Subscription
from newsletters.results.incoming.kinds import (
    Action,
    AutomaticReply,
    Bounce,
    Complaint,
    Origin,
    Recipient,
    Reply,
    Report,
    Unsubscribing,
)
from newsletters.sending import ledger
from newsletters.values.addresses import mailbox_of
from newsletters.values.remarks import without_addresses


class Heard(Enum):
    """What became of a mail that came back."""

    RECORDED = auto()
    NOTHING = auto()  # it changes nothing: a delay, a reply of a program, something that is known already
    NOT_OURS = auto()  # it does not prove that it is about a mail of ours
    FOR_A_PERSON = auto()  # somebody's words, or something that no program can read
    PASSED_ON = auto()  # the same, and it was mailed to somebody who reads it


def record_report(report: Report, *, now: datetime) -> Heard:
    """Record it and return what became of it; the same report a second time changes nothing.

    Without a token that we signed, a bounce is shown with the delivery of its Message-ID to the address that it names,
    but sets nobody aside: whoever got a mail can guess the Message-IDs of other readers.
    """
    match report:
        case Bounce():
            return _bounced(report, now=now)
        case Complaint():
            return _complained(report, now=now)
        case Unsubscribing():
            return _unsubscribed(report, now=now)
        case AutomaticReply():
            return Heard.NOTHING
        case Reply(asks_to_leave=True) if _mail_link(report.sender, now=now):
            return Heard.RECORDED
        case _:
            return Heard.FOR_A_PERSON


def _bounced(report: Bounce, *, now: datetime) -> Heard:
    failed = [recipient for recipient in report.recipients if recipient.action is Action.FAILED]
    if not failed:
        return Heard.NOTHING
    found = [(recipient, delivery) for recipient in failed for delivery in _deliveries(report.origin, recipient)]
    if not found:
        return Heard.NOT_OURS
    changed = [_bounce(delivery, recipient, origin=report.origin, now=now) for recipient, delivery in found]
    return Heard.RECORDED if any(changed) else Heard.NOTHING


def _bounce(delivery: Delivery, recipient: Recipient, *, origin: Origin, now: datetime) -> bool:
    if delivery.subscription_id is None:
        return False  # erased since
    bounce_class = recipient.bounce_class if origin.is_proved else ""
    why = without_addresses(f"{recipient.status} {recipient.diagnostic}".strip())
    return ledger.bounce(delivery.pk, why=why, bounce_class=bounce_class, now=now)


def _complained(report: Complaint, *, now: datetime) -> Heard:
    if not report.is_unwanted:
        return Heard.FOR_A_PERSON
    delivery = next(_proved(report.origin), None)
    if delivery is None:
        return Heard.NOT_OURS
    return Heard.RECORDED if ledger.complain(delivery.pk, now=now) else Heard.NOTHING


def _unsubscribed(report: Unsubscribing, *, now: datetime) -> Heard:
    """End the subscription of a signed address; to anybody else, mail the link with which they can leave."""
    if report.origin.subscription_pk is not None:
        subscription = Subscription.objects.filter(pk=report.origin.subscription_pk).first()
        if subscription is None:
            return Heard.NOTHING  # erased since
        return Heard.RECORDED if unsubscribe(subscription, source=ConsentSource.MAIL, now=now) else Heard.NOTHING
    return Heard.RECORDED if _mail_link(report.sender, now=now) else Heard.NOT_OURS


def _mail_link(address: str, *, now: datetime) -> bool:
    """Mail a reader the link with which they can leave; return False if nobody reads anything at this address."""
    owned = Subscription.objects.filter(subscriber__mailbox=mailbox_of(address)).exclude(
        status=Subscription.Status.ENDED
    )
    subscription = owned.select_related("subscriber", "newsletter", "locale").first()
    if subscription is None:
        return False
    request_link(
        email=subscription.subscriber.email, newsletter=subscription.newsletter, locale=subscription.locale, now=now
    )
    return True


def _deliveries(origin: Origin, recipient: Recipient) -> Iterator[Delivery]:
    if origin.is_proved:
        yield from _proved(origin)
        return
    mailbox = mailbox_of(recipient.address)
    for message_id in origin.message_ids:
        delivery = Delivery.of_message_id(message_id)
        if delivery and Subscriber.objects.filter(subscriptions=delivery.subscription_id, mailbox=mailbox).exists():
            yield delivery
            return


def _proved(origin: Origin) -> Iterator[Delivery]:
    """Yield the delivery whose token we signed: at most one."""
    if origin.delivery_pk is not None:
        yield from Delivery.objects.filter(pk=origin.delivery_pk)
    elif origin.subscription_pk is not None:
        for message_id in origin.message_ids:
            delivery = Delivery.of_message_id(message_id)
            if delivery and delivery.subscription_id == origin.subscription_pk:
                yield delivery
                return
