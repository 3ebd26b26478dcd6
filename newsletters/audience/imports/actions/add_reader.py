"""Add one person whom another system names, by the same rules as a row of an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db import IntegrityError, transaction
from wagtail.models import Locale

from newsletters.audience.importing.fields import State
from newsletters.audience.importing.rows import ImportRow
from newsletters.audience.imports.applying import Choices, add
from newsletters.audience.imports.judging import Fate, judge
from newsletters.exceptions import NotAllowed
from newsletters.models import ApiKey, Newsletter, ReaderImport, Subscription

ATTEMPTS = 3  # if somebody else makes the same reader at the same moment


@dataclass(frozen=True, kw_only=True)
class NamedReader:
    """Who is to be added, on which legal basis, and by which evidence of which day."""

    email: str
    first_name: str
    locale: Locale
    theme_slugs: Sequence[str]
    basis: Subscription.Basis
    evidence: str
    evidence_date: date
    answers: Mapping[str, str]  # to own fields by their keys, as they are kept


def add_reader(
    named: NamedReader, *, newsletter: Newsletter, api_key: ApiKey, now: datetime
) -> tuple[Fate, int | None]:
    """Return what became of them, and whose subscription to the newsletter it is: the subscriber's primary key.

    NEW is a reader now, KNOWN was one before and nothing changes. LEFT and SUPPRESSED are not brought back, whatever
    the evidence is: only they themselves can do that. Nobody gets a mail. Raises NotAllowed.
    """
    if not api_key.may_add:
        raise NotAllowed
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _add(named, newsletter=newsletter, api_key=api_key, now=now)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


@transaction.atomic
def _add(named: NamedReader, *, newsletter: Newsletter, api_key: ApiKey, now: datetime) -> tuple[Fate, int | None]:
    agreed_on = named.evidence_date if named.basis == Subscription.Basis.CONSENT else None
    terms = ReaderImport(newsletter=newsletter, basis=named.basis, locale=named.locale, agreed_on=agreed_on)
    (judgement,) = judge(terms, [_row(named, now=now)], locks=True)
    if judgement.fate == Fate.NEW:
        done = add(terms, [judgement], choices=Choices(terms), api_key=api_key, now=now)
        subscription, _before = done[judgement.number]
        return Fate.NEW, subscription.subscriber_id if subscription else None
    return Fate(judgement.fate), judgement.subscription.subscriber_id if judgement.subscription else None


def _row(named: NamedReader, *, now: datetime) -> ImportRow:
    return ImportRow(
        number=1,
        email=named.email,
        first_name=named.first_name,
        language=named.locale.language_code,
        theme_slugs=tuple(named.theme_slugs),
        unknown_themes=(),
        state=State.SUBSCRIBED,
        state_at=None,
        consent_at=min(datetime.combine(named.evidence_date, time(12), UTC), now),
        evidence=named.evidence,
        note=f"{named.evidence_date}",
        answers={key: answer for key, answer in named.answers.items() if answer},
        unclear_answers=(),
    )
