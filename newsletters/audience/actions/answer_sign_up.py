"""Answer a request to subscribe with one mail: a link to confirm, or for a subscriber a link to their choices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse

from newsletters.audience.address_tokens import AddressPurpose, make_address_token
from newsletters.audience.confirmation_tokens import make_confirmation_token
from newsletters.audience.notice_mail import notice_message, notice_of
from newsletters.audience.notice_words import NoticeKind
from newsletters.audience.person_tokens import make_person_token
from newsletters.audience.question_tokens import make_question_token
from newsletters.conf import conf
from newsletters.models import SignUp, Subscriber, Subscription
from newsletters.models.audience.consent import SignUpQuerySet
from newsletters.sending.transport.seam import configured_transport
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.remarks import without_addresses

Status = SignUp.Status


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The mail that answers a request: which one, the page that its link opens, and the address that it goes to."""

    kind: NoticeKind
    url: str
    email: str
    is_link: bool = False  # for somebody who is known already: there is nothing to confirm
    links: PersonalLinks | None = None  # to their choices and to leaving, if the mail has them


def answer_sign_up(sign_up: SignUp, *, now: datetime) -> bool:
    """Send the mail and note its Message-ID and the server's reply; return False if it is to be tried later.

    An address gets one such mail a day, and MOST_CONFIRMATIONS within the days that a link works, not counting those
    whose links were used: a request beyond that is not answered, and the mail that is under way stays good. A request
    for another newsletter is answered a day after that mail. Raises TransportDown or ReplyLost if the server cannot be
    reached.
    """
    if sign_up.status != Status.WAITING:
        return True
    answer = _answer(sign_up)
    if answer is None or not _has_room(sign_up, now=now):
        _settle(sign_up, Status.NOT_ANSWERED)
        return True
    if mail_of_today := _mail_of_today(sign_up, now=now):
        return _answer_tomorrow(sign_up, after=mail_of_today)
    if not _claim(sign_up, now=now):
        return True
    mail = notice_of(answer.kind, newsletter=sign_up.newsletter, locale=sign_up.locale)
    message = notice_message(
        mail, newsletter=sign_up.newsletter, email=answer.email, url=answer.url, links=answer.links, now=now
    )
    recipient = message["To"].addresses[0].addr_spec
    with configured_transport().connect() as connection:
        reply = connection.send(message, sender=sign_up.newsletter.sender_email, recipient=recipient)
    answered = without_addresses(f"{reply.code} {reply.text}")[:500]
    SignUp.objects.filter(pk=sign_up.pk).update(message_id=message["Message-ID"], reply=answered)
    is_done = verdict_on(reply) not in {Verdict.LATER, Verdict.OUR_FAULT}
    if is_done and answer.is_link:
        _settle(sign_up, Status.CLOSED)
    return is_done


def _has_room(sign_up: SignUp, *, now: datetime) -> bool:
    """Say whether this mailbox may get one more mail of this kind within these days."""
    if sign_up.kind == SignUp.Kind.UNDO:
        return True  # no limit may keep the owner of an address from hearing that it was changed
    lately = _unused_mails(sign_up).filter(mailed_at__gt=now - timedelta(days=conf.CONFIRM_WITHIN_DAYS))
    return lately.count() < conf.MOST_CONFIRMATIONS


def _mail_of_today(sign_up: SignUp, *, now: datetime) -> SignUp | None:
    """Return the request of this mailbox that was answered within a day by a mail that nobody has used."""
    if sign_up.kind == SignUp.Kind.UNDO:
        return None
    return _unused_mails(sign_up).filter(mailed_at__gt=now - timedelta(days=1)).order_by("-mailed_at").first()


def _unused_mails(sign_up: SignUp) -> SignUpQuerySet:
    return SignUp.objects.unused(mailbox=sign_up.mailbox, kind=sign_up.kind).exclude(pk=sign_up.pk)


def _answer_tomorrow(sign_up: SignUp, *, after: SignUp) -> bool:
    """Put the mail off to a day after that one, unless that one serves as well; return whether that ends it."""
    is_same = after.newsletter_id == sign_up.newsletter_id and after.status == Status.WAITING
    if after.mailed_at is None or is_same or sign_up.kind != SignUp.Kind.SUBSCRIPTION:
        _settle(sign_up, Status.NOT_ANSWERED)
        return True
    due_at = after.mailed_at + timedelta(days=1)
    SignUp.objects.filter(pk=sign_up.pk, status=Status.WAITING).update(mail_due_at=due_at)
    return False


def _claim(sign_up: SignUp, *, now: datetime) -> bool:
    """Reserve today's mail to this mailbox, and this attempt; the database decides between tasks that run at once."""
    mail_date = None if sign_up.kind == SignUp.Kind.UNDO else sign_up.mail_date or now.date()
    pause = timedelta(seconds=conf.RETRY_FIRST_SECONDS / 2)
    mine = SignUp.objects.filter(pk=sign_up.pk).filter(Q(mailed_at=None) | Q(mailed_at__lt=now - pause))
    try:
        with transaction.atomic():
            return bool(mine.update(mailed_at=now, mail_date=mail_date))
    except IntegrityError:  # another request of this mailbox was answered at the same moment
        _settle(sign_up, Status.NOT_ANSWERED)
        return False


def _settle(sign_up: SignUp, status: SignUp.Status) -> None:
    """End a request that still waits: while its mail was sent, its owner may have used or closed it, or been erased."""
    SignUp.objects.filter(pk=sign_up.pk, status=Status.WAITING).update(status=status)


def _answer(sign_up: SignUp) -> Answer | None:
    """Return the mail; None if somebody asks for the link of an address that nobody here has.

    Whoever is known gets it at their own address, never at the one that was filled in.
    """
    if sign_up.kind == SignUp.Kind.LINK:
        return _own_page(sign_up, kind=NoticeKind.LINK)
    if sign_up.kind == SignUp.Kind.ADDRESS:
        known = _own_page(sign_up, kind=NoticeKind.ADDRESS_KNOWN)
        return known or _about_address(sign_up, NoticeKind.NEW_ADDRESS, AddressPurpose.CONFIRM)
    if sign_up.kind == SignUp.Kind.UNDO:
        return _about_address(sign_up, NoticeKind.ADDRESS_CHANGED, AddressPurpose.UNDO)
    subscriptions = Subscription.objects.filter(subscriber__mailbox=sign_up.mailbox, newsletter=sign_up.newsletter)
    subscription = subscriptions.filter(status=Subscription.Status.ACTIVE).select_related("subscriber").first()
    if sign_up.kind == SignUp.Kind.STILL:
        return _question(sign_up, subscription)
    if subscription:
        url, email = PersonalLinks.of(subscription.pk).preferences, subscription.subscriber.email
        return Answer(kind=NoticeKind.SUBSCRIBED, url=url, email=email, is_link=True)
    kind = NoticeKind.INVITED if sign_up.is_invitation else NoticeKind.REQUESTED
    token = make_confirmation_token(sign_up_pk=sign_up.pk)
    url = conf.PUBLIC_URL + reverse("newsletters:confirm", args=[token])
    return Answer(kind=kind, url=url, email=sign_up.email)


def _own_page(sign_up: SignUp, *, kind: NoticeKind) -> Answer | None:
    subscriber = Subscriber.objects.filter(mailbox=sign_up.mailbox).first()
    if subscriber is None:
        return None
    token = make_person_token(subscriber_pk=subscriber.pk, language=sign_up.locale.language_code)
    url = conf.PUBLIC_URL + reverse("newsletters:person", args=[token])
    return Answer(kind=kind, url=url, email=subscriber.email, is_link=True)


def _question(sign_up: SignUp, subscription: Subscription | None) -> Answer | None:
    if subscription is None:
        return None
    url = conf.PUBLIC_URL + reverse("newsletters:still-wanted", args=[make_question_token(sign_up_pk=sign_up.pk)])
    links = PersonalLinks.of(subscription.pk)
    return Answer(kind=NoticeKind.STILL_WANTED, url=url, email=subscription.subscriber.email, links=links)


def _about_address(sign_up: SignUp, kind: NoticeKind, purpose: AddressPurpose) -> Answer:
    token = make_address_token(purpose, sign_up_pk=sign_up.pk)
    name = "undo-address" if purpose is AddressPurpose.UNDO else "confirm-address"
    return Answer(kind=kind, url=conf.PUBLIC_URL + reverse(f"newsletters:{name}", args=[token]), email=sign_up.email)
