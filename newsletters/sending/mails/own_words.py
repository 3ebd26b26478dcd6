"""What readers answered to the own fields that a greeting has placeholders for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from newsletters.models import OwnField, OwnValue, Subscriber
from newsletters.values.greeting import NOBODY, Greeting


def own_words(subscribers: Collection[int], *, greeting: Greeting, language: str) -> dict[int, dict[str, str]]:
    """Return the answers of these subscribers, in words, by their primary keys and the keys of the fields.

    Subscribers without an answer are left out. A greeting without such placeholders asks the database for nothing.
    """
    found: dict[int, dict[str, str]] = {}
    if not greeting.own_fields:
        return found
    fields = {each.pk: each for each in OwnField.objects.filter(key__in=greeting.own_fields).with_words()}
    answers = OwnValue.objects.filter(own_field__in=fields, subscriber__in=subscribers)
    for subscriber, field, value in answers.values_list("subscriber", "own_field", "value"):
        found.setdefault(subscriber, {})[fields[field].key] = fields[field].in_words(value, language)
    return found


def own_words_of(subscriber: Subscriber | None, *, greeting: Greeting, language: str) -> Mapping[str, str]:
    """Return the same for one subscriber; nothing for a mail to nobody in particular."""
    if subscriber is None:
        return NOBODY
    return own_words([subscriber.pk], greeting=greeting, language=language).get(subscriber.pk, NOBODY)
