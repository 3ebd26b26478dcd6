"""What a mail provider reports of our mails by its webhooks, as django-anymail reads and checks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.views import View

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.conf import conf
from newsletters.models import ConsentSource, Delivery, Subscriber
from newsletters.results.actions.record_report import Heard, record_report
from newsletters.results.incoming.bounces import recipient_of
from newsletters.results.incoming.kinds import Action, Bounce, Complaint, Origin, Recipient
from newsletters.sending.ledger.bounce_classes import BounceClass
from newsletters.values.addresses import mailbox_of

if TYPE_CHECKING:
    from anymail.signals import AnymailTrackingEvent
    from anymail.webhooks.base import AnymailCoreWebhookView

# A provider that refuses to send because of what the address did before (anymail.signals.RejectReason).
_DEAD = frozenset({"invalid", "bounced"})
# Where a provider's own report says that it gave an address up, and with which values.
_GIVEN_UP: tuple[tuple[tuple[str, ...], tuple[object, ...]], ...] = (
    (("Type",), ("HardBounce",)),  # Postmark
    (("Inactive",), (True,)),  # Postmark
    (("event-data", "severity"), ("permanent",)),  # Mailgun
    (("event",), ("hard_bounce", "invalid_email")),  # Brevo
    (("bounce", "bounceType"), ("Permanent",)),  # Amazon SES
)


def provider_webhooks() -> list[URLPattern]:
    """Return the patterns for the webhooks of PROVIDER_WEBHOOKS, and listen to what they report.

    Without a secret there are none: anybody could report anything.
    """
    if not conf.PROVIDER_WEBHOOKS or not has_secret():
        return []
    from anymail.signals import tracking  # noqa: PLC0415  # it is optional

    tracking.connect(_hear, dispatch_uid="hub_newsletters.provider_events")
    views = known_providers()
    return [path(f"n/e/{name}", views[name], name=f"events-{name}") for name in conf.PROVIDER_WEBHOOKS if name in views]


def has_secret() -> bool:
    """Say whether anymail can tell a provider from anybody else."""
    return bool(getattr(settings, "ANYMAIL", {}).get("WEBHOOK_SECRET"))


def known_providers() -> dict[str, Callable[..., HttpResponseBase]]:
    """Return anymail's views by the names that PROVIDER_WEBHOOKS may have. Raises ImportError without anymail."""
    from anymail.urls import urlpatterns  # noqa: PLC0415  # it is optional

    suffix = "_tracking_webhook"
    named = [pattern for pattern in urlpatterns if pattern.name.endswith(suffix)]
    return {pattern.name.removesuffix(suffix): _refusing(pattern.callback.view_class) for pattern in named}


def _refusing(view_class: type[AnymailCoreWebhookView]) -> Callable[..., HttpResponseBase]:
    """Return a view that answers 400 to what is no report: with 500 the provider would send it again and again."""

    def parse_events(self: AnymailCoreWebhookView, request: HttpRequest) -> list[AnymailTrackingEvent]:
        try:
            events: list[AnymailTrackingEvent] = view_class.parse_events(self, request)
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
            raise BadRequest from None  # without what the provider sent, which names addresses
        return events

    refusing = cast("type[View]", type(view_class.__name__, (view_class,), {"parse_events": parse_events}))
    return refusing.as_view()


def _hear(*, event: AnymailTrackingEvent, **_more: object) -> None:
    """Listen to anymail's signal; what it raises makes the provider report the event again."""
    record_event(event)


def record_event(event: AnymailTrackingEvent) -> Heard:
    """Record what happened to a mail; an event that is reported again changes nothing."""
    kind, reason = event.event_type, event.reject_reason
    delivery = _delivery_of(event)
    if delivery is None:
        return Heard.NOT_OURS
    if kind == "unsubscribed" or (kind == "rejected" and reason == "unsubscribed"):
        return _unsubscribed(event, delivery)
    origin = Origin(delivery_pk=delivery.pk)
    if kind == "complained" or (kind == "rejected" and reason == "spam"):
        feedback = "not-spam" if event.description == "not-spam" else "abuse"
        report = Complaint(origin=origin, feedback_type=feedback, recipients=(event.recipient,), source="")
        return record_report(report, now=timezone.now())
    if kind in {"bounced", "rejected"}:
        return record_report(Bounce(origin=origin, recipients=(_refused(event),)), now=timezone.now())
    return Heard.NOTHING


def _delivery_of(event: AnymailTrackingEvent) -> Delivery | None:
    """Return the delivery that the mail's metadata or Message-ID name, if it is to the reader whom the event names."""
    metadata = event.metadata if isinstance(event.metadata, dict) else {}
    for named in (metadata.get("delivery"), event.message_id):
        delivery = Delivery.of_message_id(str(named or ""))
        if delivery and _is_to(delivery, str(event.recipient or "")):
            return delivery
    return None


def _is_to(delivery: Delivery, address: str) -> bool:
    return Subscriber.objects.filter(subscriptions=delivery.subscription_id, mailbox=mailbox_of(address)).exists()


def _unsubscribed(event: AnymailTrackingEvent, delivery: Delivery) -> Heard:
    """End the subscription, unless its reader has come back since."""
    subscription = delivery.subscription
    if subscription is None or (event.timestamp and event.timestamp <= subscription.status_changed_at):
        return Heard.NOTHING
    ended = unsubscribe(subscription, source=ConsentSource.PROVIDER, now=timezone.now())
    return Heard.RECORDED if ended else Heard.NOTHING


def _refused(event: AnymailTrackingEvent) -> Recipient:
    words = " ".join(str(part) for part in (event.mta_response, event.description) if part)
    found = recipient_of(address=event.recipient, action=Action.FAILED, status="", diagnostic=words)
    if event.event_type == "rejected" and event.reject_reason in _DEAD:
        return replace(found, bounce_class=BounceClass.HARD)
    if found.bounce_class == BounceClass.OTHER and _is_given_up(event.esp_event):
        return replace(found, bounce_class=BounceClass.HARD)
    return found


def _is_given_up(report: object) -> bool:
    """Say whether the provider's own report calls the address dead; the server's words may tell more exactly."""
    return any(_value_at(path_to, report) in values for path_to, values in _GIVEN_UP)


def _value_at(path_to: tuple[str, ...], report: object) -> object:
    for name in path_to:
        report = report.get(name) if isinstance(report, dict) else None
    return report
