"""A newsletter's readers as rows of a file, with the columns that the import knows by name; own fields come last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO

from django.db.models import Case, OuterRef, QuerySet, Subquery, When

from newsletters.audience.exporting.sheets import write_csv, write_xlsx
from newsletters.audience.segments.rules import segment_q
from newsletters.models import ConsentEvent, Newsletter, OwnField, OwnValue, Segment, Subscription

HEADER = ("email", "first name", "language", "themes", "status", "since", "paused until", "consent at")
AT_ONCE = 2000  # rows that are read at a time, so that memory does not grow
WRITERS = {"csv": write_csv, "xlsx": write_xlsx}

Kind = ConsentEvent.Kind


def readers_of(newsletter: Newsletter, *, status: str = "", segment: Segment | None = None) -> QuerySet[Subscription]:
    """Return the newsletter's subscriptions, of one state and one segment if these are named, in a stable order.

    The segment is one of this newsletter's. Raises BrokenSegment.
    """
    subscriptions = Subscription.objects.filter(newsletter=newsletter)
    if status:
        subscriptions = subscriptions.filter(status=status)
    if segment:
        found = segment.freeze()
        subscriptions = subscriptions.filter(segment_q(found.conditions, match=found.match, newsletter=newsletter))
    return subscriptions.order_by("pk")


def write_readers(subscriptions: QuerySet[Subscription], *, kind: str, to: IO[bytes]) -> int:
    """Write a file of this kind ("csv" or "xlsx"); return the number of people in it."""
    own_fields = list(OwnField.objects.all())
    header = (*HEADER, *(own_field.key for own_field in own_fields))
    return WRITERS[kind](header, _rows(subscriptions, own_fields), to=to)


def _rows(subscriptions: QuerySet[Subscription], own_fields: Sequence[OwnField]) -> Iterator[list[str]]:
    agreed = ConsentEvent.objects.filter(subscription=OuterRef("pk"), kind__in=ConsentEvent.AGREED).order_by("-at")
    elsewhere = When(kind=Kind.IMPORTED, then="agreed_at")  # empty for who never agreed: members, say
    newest = Subquery(agreed.values(when=Case(elsewhere, default="at"))[:1])
    answers = {f"own_{each.key}": _answer(each) for each in own_fields}
    values = subscriptions.annotate(consented_at=newest, **answers).values_list(
        "subscriber__email",
        "subscriber__first_name",
        "locale__language_code",
        "theme_set__key",
        "status",
        "status_changed_at",
        "paused_until",
        "consented_at",
        *answers,
    )
    for email, first_name, language, themes, status, since, paused_until, agreed_at, *own in values.iterator(AT_ONCE):
        yield [
            email,
            first_name,
            language,
            ", ".join(themes.split()),
            status,
            _written(since),
            f"{paused_until or ''}",
            _written(agreed_at),
            *(answer or "" for answer in own),
        ]


def _answer(own_field: OwnField) -> Subquery:
    theirs = OwnValue.objects.filter(subscriber=OuterRef("subscriber"), own_field=own_field)
    return Subquery(theirs.values("value")[:1])


def _written(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
