"""All that the hub keeps about one subscriber: for themselves, and as the proof of what they agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import get_language_info

from cms.models import Theme
from newsletters.audience.own_fields.keep_answers import answers_in_words, answers_of
from newsletters.models import ConsentEvent, Delivery, ImportedRow, SignUp, Subscriber, Subscription


@dataclass(frozen=True, kw_only=True)
class KeptEvent:
    """One event of the consent ledger; `at` is the moment, `wording` what was shown, empty where nothing was."""

    at: datetime
    kind: str
    source: str
    by: str  # the member of staff or the other system, for staff only; empty if it was the subscriber
    language: str
    themes: str
    wording: str
    wording_version: str
    statement_url: str  # the privacy statement that was shown with it
    statement_version: str
    basis: str  # of an invitation
    note: str
    agreed_at: datetime | None  # elsewhere, before an import or an invitation
    message_id: str
    reply: str


@dataclass(frozen=True, kw_only=True)
class KeptDelivery:
    """One issue that was sent to the subscriber, or was to be sent."""

    issue: str
    status: str
    reason: str
    reply: str  # what the mail server said
    at: datetime | None


@dataclass(frozen=True, kw_only=True)
class KeptSubscription:
    """One subscription with everything that happened to it, the newest first."""

    newsletter: str
    status: str
    basis: str
    since: datetime
    heard_at: datetime  # the last sign of life that only the subscriber can have given
    paused_until: date | None
    language: str
    themes: str
    events: tuple[KeptEvent, ...]
    deliveries: tuple[KeptDelivery, ...]


Choice = TypeVar("Choice", KeptSubscription, KeptEvent)


@dataclass(frozen=True, kw_only=True)
class KeptRequest:
    """A request to subscribe with this address, which somebody may have made in the subscriber's name."""

    at: datetime
    kind: str
    email: str  # the new address, or the former one, if it is about a change of address
    newsletter: str
    status: str
    source: str
    first_name: str
    answers: tuple[KeptAnswer, ...]
    language: str
    themes: str
    wording: str
    statement_url: str
    statement_version: str
    basis: str  # of an invitation
    agreed_on: date | None
    ground: str
    reply: str


@dataclass(frozen=True, kw_only=True)
class KeptAnswer:
    """What the subscriber answered to an own field, or somebody in their name."""

    field: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class KeptNote:
    """What staff wrote down about the subscriber."""

    at: datetime
    text: str
    by: str  # for staff only


@dataclass(frozen=True, kw_only=True)
class KeptImportedRow:
    """A row of an imported file that was about the subscriber, and what became of it."""

    at: datetime  # when the file was uploaded
    file: str
    newsletter: str
    row: int
    email: str
    first_name: str  # as the row said it, if it changed one or made the reader
    first_name_before: str  # kept so that the import can be undone
    fate: str
    reasons: str


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """All that is kept about one subscriber at the moment `at`."""

    at: datetime
    id: str  # by which other systems know them
    email: str
    first_name: str
    answers: tuple[KeptAnswer, ...]
    since: datetime
    subscriptions: tuple[KeptSubscription, ...]
    requests: tuple[KeptRequest, ...]
    notes: tuple[KeptNote, ...]
    imports: tuple[KeptImportedRow, ...]


def personal_data_of(subscriber: Subscriber, *, names_staff: bool, now: datetime) -> PersonalData:
    """Return everything that is kept about this subscriber, with labels in the active language.

    `names_staff` adds who of the staff did something: a reader is told that staff did, not who.
    """
    related = subscriber.subscriptions.select_related("newsletter", "locale", "theme_set").order_by("newsletter__name")
    theirs = SignUp.objects.filter(Q(mailbox=subscriber.mailbox) | Q(subscriber=subscriber))
    requests = theirs.select_related("newsletter", "locale", "theme_set")
    return PersonalData(
        at=now,
        id=str(subscriber.public_id),
        email=subscriber.email,
        first_name=subscriber.first_name,
        answers=_answers(answers_of(subscriber)),
        since=subscriber.created_at,
        subscriptions=tuple(_subscription(subscription, names_staff=names_staff) for subscription in related),
        requests=tuple(_request(request, for_reader=not names_staff) for request in requests),
        notes=tuple(
            KeptNote(at=note.at, text=note.text, by=str(note.user or "") if names_staff else "")
            for note in subscriber.notes.select_related("user")
        ),
        imports=tuple(_imported_row(row) for row in _imported_rows(subscriber)),
    )


def in_words(data: PersonalData) -> PersonalData:
    """Return the same for people to read: languages and themes by their names in the active language."""
    themes = {theme.slug: str(theme) for theme in Theme.objects.prefetch_related("names__locale")}
    return replace(
        data,
        subscriptions=tuple(
            replace(
                _with_names(subscription, themes=themes),
                events=tuple(_with_names(event, themes=themes) for event in subscription.events),
            )
            for subscription in data.subscriptions
        ),
    )


def _with_names(kept: Choice, *, themes: Mapping[str, str]) -> Choice:
    names = ", ".join(themes.get(slug, slug) for slug in kept.themes.split())
    return replace(kept, language=_language_name(kept.language), themes=names)


def _language_name(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"])
    except KeyError:
        return code


def _answers(answers: Mapping[str, str]) -> tuple[KeptAnswer, ...]:
    return tuple(KeptAnswer(field=label, answer=answer) for label, answer in answers_in_words(answers))


def _subscription(subscription: Subscription, *, names_staff: bool) -> KeptSubscription:
    events = subscription.consent_events.select_related("user", "api_key")
    deliveries = subscription.deliveries.select_related("issue").order_by("-pk")
    return KeptSubscription(
        newsletter=str(subscription.newsletter),
        status=subscription.get_status_display(),
        basis=subscription.get_basis_display(),
        since=subscription.status_changed_at,
        heard_at=subscription.heard_at,
        paused_until=subscription.paused_until,
        language=subscription.locale.language_code,
        themes=subscription.theme_set.key,
        events=tuple(_event(event, names_staff=names_staff) for event in events),
        deliveries=tuple(_delivery(delivery) for delivery in deliveries),
    )


def _event(event: ConsentEvent, *, names_staff: bool) -> KeptEvent:
    return KeptEvent(
        at=event.at,
        kind=event.get_kind_display(),
        source=event.get_source_display(),
        by=str(event.user or event.api_key or "") if names_staff else "",
        language=event.language,
        themes=event.themes,
        wording=event.wording,
        wording_version=event.wording_version,
        statement_url=event.statement_url,
        statement_version=event.statement_version,
        basis=event.get_basis_display(),
        note=event.note,
        agreed_at=event.agreed_at,
        message_id=event.message_id,
        reply=event.reply,
    )


def _delivery(delivery: Delivery) -> KeptDelivery:
    return KeptDelivery(
        issue=str(delivery.issue),
        status=delivery.get_status_display(),
        reason=delivery.get_reason_display() if delivery.reason else "",
        reply=delivery.reply_in_words,
        at=delivery.settled_at,
    )


def _request(request: SignUp, *, for_reader: bool) -> KeptRequest:
    # What became of a mail to an address that is not theirs yet would tell them whether it is subscribed here.
    is_hidden = for_reader and request.kind == SignUp.Kind.ADDRESS and request.status != SignUp.Status.CONFIRMED
    return KeptRequest(
        at=request.requested_at,
        kind=request.get_kind_display(),
        email=request.email,
        newsletter=str(request.newsletter),
        status="" if is_hidden else request.get_status_display(),
        source=request.get_source_display(),
        first_name=request.first_name,
        answers=_answers(request.own_values),
        language=request.locale.language_code,
        themes=request.theme_set.key,
        wording=request.wording,
        statement_url=request.statement_url,
        statement_version=request.statement_version,
        basis=request.get_basis_display(),
        agreed_on=request.agreed_on,
        ground=request.ground,
        reply="" if is_hidden else request.reply,
    )


def _imported_rows(subscriber: Subscriber) -> QuerySet[ImportedRow]:
    """Return the rows about them: with this address, or with one that they have changed since."""
    theirs = ImportedRow.objects.filter(Q(mailbox=subscriber.mailbox) | Q(subscription__subscriber=subscriber))
    return theirs.select_related("reader_import__newsletter").order_by("-reader_import__created_at", "number")


def _imported_row(row: ImportedRow) -> KeptImportedRow:
    before = row.before or {}
    return KeptImportedRow(
        at=row.reader_import.created_at,
        file=row.reader_import.file_name,
        newsletter=str(row.reader_import.newsletter),
        row=row.number,
        email=row.email,
        first_name=before.get("written", ""),
        first_name_before=before.get("first_name", ""),
        fate=row.get_fate_display(),
        reasons=row.reasons,
    )
