"""The data that turns a person's copy into a mail, read for a whole claim at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from newsletters.models import Delivery, Dispatch
from newsletters.sending.mails.own_words import own_words, own_words_of
from newsletters.values.greeting import NOBODY, Greeting

_COLUMNS = (
    "pk",
    "edition_id",
    "subscription_id",
    "subscription__subscriber__email",
    "subscription__subscriber__first_name",
    "due_at",
    "subscription__subscriber",
    "edition__greeting",
    "edition__greeting_without_name",
    "edition__locale__language_code",
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
    own_words: Mapping[str, str] = NOBODY  # for the placeholders of the greeting, by the keys of own fields

    @classmethod
    def of(cls, delivery: Delivery) -> Copy:
        """Return the data of a delivery; load it with its dispatch and its subscription's subscriber."""
        subscriber = delivery.subscription.subscriber if delivery.subscription else None
        edition, words = delivery.edition, NOBODY
        if edition:
            words = own_words_of(subscriber, greeting=edition.salutation, language=edition.locale.language_code)
        return cls(
            key=delivery.pk,
            edition_pk=delivery.edition_id,
            subscription_pk=delivery.subscription_id,
            email=subscriber.email if subscriber else "",
            first_name=subscriber.first_name if subscriber else "",
            message_id=delivery.message_id,
            is_new=delivery.due_at is None,
            own_words=words,
        )


def load_copies(keys: Sequence[int], *, dispatch: Dispatch) -> list[Copy]:
    """Return the copies of these deliveries of a dispatch, ordered by key.

    It takes one query, and for greetings with own fields a few more, whatever the number of copies.
    """
    rows = list(Delivery.objects.filter(pk__in=keys).order_by("pk").values_list(*_COLUMNS))
    greeted: dict[tuple[Greeting, str], list[int]] = defaultdict(list)
    for *_row, subscriber, with_name, without_name, language in rows:
        if subscriber and language:
            greeted[Greeting(with_name=with_name, without_name=without_name), language].append(subscriber)
    words: dict[int, dict[str, str]] = {}
    for (greeting, language), subscribers in greeted.items():
        words |= own_words(subscribers, greeting=greeting, language=language)
    return [
        Copy(
            key=key,
            edition_pk=edition_pk,
            subscription_pk=subscription_pk,
            email=email or "",
            first_name=first_name or "",
            message_id=dispatch.message_id_of(key),
            is_new=due_at is None,
            own_words=words.get(subscriber, NOBODY),
        )
        for key, edition_pk, subscription_pk, email, first_name, due_at, subscriber, *_greeting in rows
    ]
