"""What a plugin calls when one of its events has happened."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Q

from cms.models import WebhookDelivery
from cms.webhooks.events import Event, listening_sites, page_event, public_places
from cms.webhooks.outbox import record, record_personal


@transaction.atomic
def announce(*, event: str, page_id: int, once: str, now: datetime) -> int:
    """Tell the listening webhooks that an event happened to a page; return how many messages were recorded.

    Call it in the transaction of the change. `event` is a name that the plugin declares in its `events`. `once` names
    the occasion: announcing the same occasion again sends nothing. A page that the public may not see is not announced.
    """
    count = 0
    for site in listening_sites():
        for place in public_places(site=site, query=Q(pk=page_id), now=now).values():
            data = page_event(event, page=place).data
            occasion = Event(name=event, data=data, id=uuid5(NAMESPACE_URL, f"{event} {once} {site.pk}"))
            count += record(site=site, events=[occasion], now=now)
    return count


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Something that happened to a person: the name of a `PersonalEvent`, and what its message is made from.

    `person` is a random id that says nothing to anybody else, and `data` holds no personal data: both are kept.
    """

    event: str
    person: UUID
    data: Mapping[str, str]


def announce_about(occasions: Iterable[Occasion], *, now: datetime) -> int:
    """Tell the listening webhooks what happened to persons; return how many messages were recorded.

    Call it in the transaction of the change, once for many: it takes two queries, and none if nobody listened a few
    seconds ago. Then `occasions` is not iterated either. Messages about one person are sent in this order.
    """
    events = (Event(name=each.event, data=dict(each.data), subject=each.person) for each in occasions)
    return record_personal(events=events, now=now)


def forget_people(people: Collection[UUID]) -> None:
    """Delete the messages about erased people, whether sent or not; one that is being sent now is not sent again."""
    WebhookDelivery.forget(subjects=people)
