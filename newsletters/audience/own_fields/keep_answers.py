"""Keep what readers answered."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import get_language

from newsletters.models import OwnField, OwnValue, Subscriber


def answers_of(subscriber: Subscriber) -> dict[str, str]:
    """Return the reader's answers by the keys of the fields."""
    return dict(subscriber.own_values.values_list("own_field__key", "value"))


def answers_in_words(answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the label and the words of each answer by key, in the active language.

    Without fields that are gone, and answers that do not fit a field which has got the key of one that is gone.
    """
    if not answers:
        return []
    language = get_language() or ""
    fields = OwnField.objects.filter(key__in=answers).with_words()
    return [
        (each.label_in(language), each.in_words(answers[each.key], language))
        for each in fields
        if each.can_keep(answers[each.key])
    ]


def keep_answers(subscriber: Subscriber, answers: Mapping[str, str], *, replaces: bool = True) -> None:
    """Keep these answers by key; an empty one takes the kept one away.

    `replaces` False keeps what the reader has answered before. Fields that were deleted since, answers that do not fit
    a field which has got the key of such a one, and a reader who was erased since, are left out.
    """
    if not answers:
        return  # nothing was asked: no query
    with transaction.atomic():
        if not Subscriber.objects.select_for_update().filter(pk=subscriber.pk).exists():
            return
        # Locked, so that nobody deletes a field in between.
        fields = OwnField.objects.filter(key__in=answers).select_for_update(no_key=True).order_by("pk")
        found = {each.pk: answers[each.key] for each in fields if each.can_keep(answers[each.key])}
        if replaces:
            empty = [pk for pk, answer in found.items() if not answer]
            OwnValue.objects.filter(subscriber=subscriber, own_field__in=empty).delete()
        write_answers(
            [OwnValue(subscriber=subscriber, own_field_id=pk, value=answer) for pk, answer in found.items() if answer],
            replaces=replaces,
        )


def write_answers(answers: list[OwnValue], *, replaces: bool = True) -> None:
    """Write answers of any readers; with `replaces` in place of those that they have, else beside them."""
    if replaces:
        OwnValue.objects.bulk_create(
            answers, update_conflicts=True, unique_fields=["subscriber", "own_field"], update_fields=["value"]
        )
    else:
        OwnValue.objects.bulk_create(answers, ignore_conflicts=True)
