"""Confirm a request to subscribe: the subscription becomes active, with the language and themes of that request."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.db import IntegrityError, transaction

from newsletters.audience.own_fields.keep_answers import keep_answers
from newsletters.models import ConsentEvent, ConsentSource, SignUp, Subscriber, Subscription, Suppression
from newsletters.publications.privacy_statements import PrivacyStatement

Kind = ConsentEvent.Kind


@transaction.atomic
def confirm_sign_up(
    sign_up: SignUp, *, wording: str, statement: PrivacyStatement | None = None, now: datetime
) -> Subscription | None:
    """Return the active subscription; None if there is none, because the request was closed since.

    `wording` and `statement` are what was shown next to the button. A request works once: after it was confirmed, or
    another one was, a click returns the subscription as it is; a link from before somebody left does not bring them
    back.
    """
    waiting = SignUp.objects.lock(mailbox=sign_up.mailbox).filter(newsletter=sign_up.newsletter)
    try:
        sign_up.refresh_from_db(from_queryset=SignUp.objects.select_related("newsletter", "locale", "theme_set"))
    except SignUp.DoesNotExist:
        return None  # erased since
    if sign_up.kind != SignUp.Kind.SUBSCRIPTION:
        return None
    if sign_up.status != SignUp.Status.WAITING:
        return _active(sign_up)
    subscription, was_known = _subscription(sign_up, now=now)
    # What they have answered before stays, as a stranger may have filled in something else.
    keep_answers(subscription.subscriber, sign_up.own_values, replaces=False)
    sign_up.status = SignUp.Status.CONFIRMED
    sign_up.welcome_due_at = now if sign_up.newsletter.sends_welcome else None
    sign_up.mail_date = None  # whoever uses a mail may have another one today
    sign_up.save(update_fields=["status", "welcome_due_at", "mail_date"])
    waiting.close()
    Suppression.objects.of(sign_up.email).delete()
    asked = PrivacyStatement(url=sign_up.statement_url, version=sign_up.statement_version)
    kind = Kind.RETURNED if was_known else Kind.CONFIRMED
    ConsentEvent.objects.bulk_create(
        [
            _event(
                subscription,
                sign_up,
                kind=Kind.REQUESTED,
                wording=sign_up.wording,
                statement=asked,
                at=sign_up.requested_at,
            ),
            _event(subscription, sign_up, kind=kind, wording=wording, statement=statement, at=now),
        ]
    )
    return subscription


def _active(sign_up: SignUp) -> Subscription | None:
    owned = Subscription.objects.filter(subscriber__mailbox=sign_up.mailbox, newsletter=sign_up.newsletter)
    return owned.filter(status=Subscription.Status.ACTIVE).first()


def _subscription(sign_up: SignUp, *, now: datetime) -> tuple[Subscription, bool]:
    """Return the subscription, made active, and whether it was there before."""
    chosen = {"locale": sign_up.locale, "theme_set": sign_up.theme_set, "heard_at": now}
    subscription, is_new = Subscription.objects.select_for_update().get_or_create(
        subscriber=_subscriber(sign_up),
        newsletter=sign_up.newsletter,
        defaults=chosen | {"status_changed_at": now},
    )
    if not is_new:
        subscription.locale, subscription.theme_set = sign_up.locale, sign_up.theme_set
        subscription.heard_at = now
        subscription.paused_until, subscription.basis = None, Subscription.Basis.CONSENT
        subscription.change_status(Subscription.Status.ACTIVE, now=now)
        subscription.save()
    return subscription, not is_new


def _subscriber(sign_up: SignUp) -> Subscriber:
    """Return the subscriber at the address; a name that they have stays, as a stranger may have filled in another."""
    known = Subscriber.objects.at(sign_up.email)
    if not known.exists():
        try:
            with transaction.atomic():
                return Subscriber.objects.create(email=sign_up.email, first_name=sign_up.first_name)
        except IntegrityError:
            pass  # another request of theirs was confirmed at the same moment
    subscriber = known.get()
    if sign_up.first_name and not subscriber.first_name:
        subscriber.first_name = sign_up.first_name
        subscriber.save(update_fields=["first_name"])
    return subscriber


def _event(
    subscription: Subscription,
    sign_up: SignUp,
    *,
    kind: str,
    wording: str,
    statement: PrivacyStatement | None,
    at: datetime,
) -> ConsentEvent:
    is_request = kind == Kind.REQUESTED
    return ConsentEvent(
        subscription=subscription,
        kind=kind,
        source=sign_up.source if is_request else ConsentSource.CONFIRMATION,
        language=sign_up.locale.language_code,
        themes=sign_up.theme_set.key,
        wording=wording,
        statement_url=statement.url if statement else "",
        statement_version=statement.version if statement else "",
        sign_up=sign_up,
        message_id=sign_up.message_id,
        reply=sign_up.reply,
        user=sign_up.invited_by if is_request else None,
        basis=sign_up.basis if is_request else "",
        note=sign_up.ground if is_request else "",
        agreed_at=_agreed_at(sign_up) if is_request else None,
        at=at,
    )


def _agreed_at(sign_up: SignUp) -> datetime | None:
    """Return the day on which they agreed elsewhere, at noon: the ledger has moments."""
    return datetime.combine(sign_up.agreed_on, time(12), UTC) if sign_up.agreed_on else None
