"""The data that turns a person's copy into a mail, read for a whole claim at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from newsletters.models import Delivery, Dispatch

_COLUMNS = (
    "pk",
    "edition_id",
    "subscription_id",
    "subscription__subscriber__email",
    "subscription__subscriber__first_name",
    "due_at",
)


class Copy(NamedTuple):
    """A delivery's data: its reader, its edition and its Message-ID."""

    key: int
    edition_pk: int | None
    subscription_pk: int | None
    email: str
    first_name: str
    message_id: str
    is_new: bool  # never set aside or deferred

    @classmethod
    def of(cls, delivery: Delivery) -> Copy:
        """Return the data of a delivery; load it with its dispatch and its subscription's subscriber."""
        subscriber = delivery.subscription.subscriber if delivery.subscription else None
        return cls(
            key=delivery.pk,
            edition_pk=delivery.edition_id,
            subscription_pk=delivery.subscription_id,
            email=subscriber.email if subscriber else "",
            first_name=subscriber.first_name if subscriber else "",
            message_id=delivery.message_id,
            is_new=delivery.due_at is None,
        )


def load_copies(keys: Sequence[int], *, dispatch: Dispatch) -> list[Copy]:
    """Return the copies of these deliveries of a dispatch, ordered by key, with one query."""
    rows = Delivery.objects.filter(pk__in=keys).order_by("pk").values_list(*_COLUMNS)
    return [
        Copy(
            key=key,
            edition_pk=edition_pk,
            subscription_pk=subscription_pk,
            email=email or "",
            first_name=first_name or "",
            message_id=dispatch.message_id_of(key),
            is_new=due_at is None,
        )
        for key, edition_pk, subscription_pk, email, first_name, due_at in rows
    ]
