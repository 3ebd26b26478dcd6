"""What a plugin calls when one of its events has happened."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.db.models import Q

from cms.webhooks.events import Event, listening_sites, page_event, public_places
from cms.webhooks.outbox import record


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
