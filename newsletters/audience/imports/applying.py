"""Do what was judged about a batch of rows, and keep what undoing it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time

from wagtail.models import Locale

from cms.models import Theme
from newsletters.audience.importing.fields import State
from newsletters.audience.importing.rows import ImportRow
from newsletters.audience.imports.judging import Fate, Judgement
from newsletters.audience.own_fields.keep_answers import write_answers
from newsletters.models import (
    ApiKey,
    ConsentEvent,
    ConsentSource,
    Delivery,
    OwnField,
    OwnValue,
    ReaderImport,
    Subscriber,
    Subscription,
    Suppression,
    ThemeSet,
)
from newsletters.models.audience.suppression import mailbox_digest
from newsletters.sending import ledger

Kind = ConsentEvent.Kind
Status = Subscription.Status
Before = dict[str, object]  # how it was, as JSON

_STATUS = {State.UNSUBSCRIBED: Status.ENDED, State.BOUNCED: Status.BOUNCED, State.COMPLAINED: Status.COMPLAINED}
_REASON = {
    State.UNSUBSCRIBED: Suppression.Reason.LEFT,
    State.BOUNCED: Suppression.Reason.BOUNCED,
    State.COMPLAINED: Suppression.Reason.COMPLAINED,
}


class Choices:
    """The languages and sets of themes that rows name, each read once."""

    def __init__(self, reader_import: ReaderImport) -> None:
        self._default_locale, self._default_set = reader_import.locale, reader_import.theme_set
        self._locales = {locale.language_code: locale for locale in reader_import.newsletter.locales()}
        self._themes = {theme.slug: theme for theme in Theme.objects.all()}
        self._sets: dict[tuple[str, ...], ThemeSet] = {}
        self._own_fields: dict[str, int] | None = None

    def locale(self, row: ImportRow) -> Locale:
        """Return the row's language, or the import's for rows without one."""
        locale = self._locales[row.language] if row.language else self._default_locale
        if locale is None:
            raise ValueError("The import has no language for rows without one.")
        return locale

    def theme_set(self, row: ImportRow) -> ThemeSet:
        """Return the row's themes, or the import's for rows without any."""
        if not row.theme_slugs and self._default_set:
            return self._default_set
        slugs = tuple(sorted(row.theme_slugs))
        if slugs not in self._sets:
            self._sets[slugs] = ThemeSet.of([self._themes[slug] for slug in slugs])
        return self._sets[slugs]

    def own_fields(self) -> dict[str, int]:
        """Return the primary keys of own fields by their keys; rows may name fields that were deleted since."""
        if self._own_fields is None:
            self._own_fields = dict(OwnField.objects.values_list("key", "pk"))
        return self._own_fields


def apply(
    reader_import: ReaderImport, judged: Sequence[Judgement], *, choices: Choices, now: datetime
) -> dict[int, tuple[Subscription | None, Before]]:
    """Do it, in the caller's transaction; return by row number the subscription it was about and how that was before.

    Raises IntegrityError if another process made the same reader at the same moment: judge once more, then.
    """
    return {
        **add(reader_import, [each for each in judged if each.fate == Fate.NEW], choices=choices, now=now),
        **_change(reader_import, [each for each in judged if each.fate == Fate.CHANGED], choices=choices, now=now),
        **_end(reader_import, [each for each in judged if each.fate == Fate.ENDED], now=now),
        **_keep_out([each for each in judged if each.fate == Fate.KEPT_OUT], now=now),
        **_agree([each for each in judged if each.fate == Fate.SUPPRESSED]),
    }


def _rows(judged: Iterable[Judgement]) -> list[tuple[Judgement, ImportRow]]:
    return [(each, each.row) for each in judged if each.row]


def add(
    reader_import: ReaderImport,
    judged: Sequence[Judgement],
    *,
    choices: Choices,
    api_key: ApiKey | None = None,
    now: datetime,
) -> dict[int, tuple[Subscription | None, Before]]:
    """Make readers of those who were judged to be new; return as `apply` does, and raise what it raises.

    With `api_key` another system names them, and `reader_import` is not stored.
    """
    new = _rows(judged)
    if not new:
        return {}
    people = {
        person.mailbox: person for person in Subscriber.objects.filter(mailbox__in=[e.mailbox for e, _row in new])
    }
    strangers = [
        Subscriber(email=row.email, first_name=row.first_name) for each, row in new if each.mailbox not in people
    ]
    made = {person.mailbox: person for person in Subscriber.objects.bulk_create(strangers)}
    subscriptions = Subscription.objects.bulk_create(
        Subscription(
            subscriber=made.get(each.mailbox) or people[each.mailbox],
            newsletter=reader_import.newsletter,
            locale=choices.locale(row),
            theme_set=choices.theme_set(row),
            basis=reader_import.basis,
            status_changed_at=now,
        )
        for each, row in new
    )
    _answer([(made[each.mailbox], row) for each, row in new if each.mailbox in made], choices=choices)
    _note(
        reader_import,
        [(subscription, row) for subscription, (_each, row) in zip(subscriptions, new, strict=True)],
        kind=Kind.IMPORTED,
        api_key=api_key,
        now=now,
    )
    return {
        each.number: (
            subscription,
            {"made_person": each.mailbox in made, "written": row.first_name, "answered": dict(row.answers)},
        )
        for subscription, (each, row) in zip(subscriptions, new, strict=True)
    }


def _change(
    reader_import: ReaderImport, judged: Sequence[Judgement], *, choices: Choices, now: datetime
) -> dict[int, tuple[Subscription | None, Before]]:
    done: dict[int, tuple[Subscription | None, Before]] = {}
    changed: list[tuple[Subscription, ImportRow]] = []
    for each, row in _rows(judged):
        subscription = each.subscription
        if subscription is None:
            continue
        person = subscription.subscriber
        done[each.number] = (
            subscription,
            {
                "locale": subscription.locale_id,
                "theme_set": subscription.theme_set_id,
                "first_name": person.first_name,
                "written": row.first_name or person.first_name,
                "answers": {key: each.answers.get(key, "") for key in row.answers},
                "answered": dict(row.answers),
            },
        )
        if row.language:
            subscription.locale = choices.locale(row)
        if row.theme_slugs:
            subscription.theme_set = choices.theme_set(row)
        person.first_name = row.first_name or person.first_name
        changed.append((subscription, row))
    Subscription.objects.bulk_update([subscription for subscription, _row in changed], ["locale", "theme_set"])
    Subscriber.objects.bulk_update([subscription.subscriber for subscription, _row in changed], ["first_name"])
    _answer([(subscription.subscriber, row) for subscription, row in changed], choices=choices)
    _note(reader_import, changed, kind=Kind.CHANGED, now=now)
    return done


def _answer(rows: Sequence[tuple[Subscriber, ImportRow]], *, choices: Choices) -> None:
    """Keep the answers to own fields, in place of earlier ones."""
    if any(row.answers for _person, row in rows):
        write_answers(
            [
                OwnValue(subscriber=person, own_field_id=pk, value=answer)
                for person, row in rows
                for key, answer in row.answers.items()
                if (pk := choices.own_fields().get(key))
            ]
        )


def _end(
    reader_import: ReaderImport, judged: Sequence[Judgement], *, now: datetime
) -> dict[int, tuple[Subscription | None, Before]]:
    done: dict[int, tuple[Subscription | None, Before]] = {}
    for each, row in _rows(judged):
        subscription = each.subscription
        if subscription is None:
            continue  # an earlier row made them a reader, and they were erased since
        before: Before = {"status": subscription.status, "since": subscription.status_changed_at.isoformat()}
        subscription.change_status(_STATUS[row.state], now=now)
        subscription.save()
        is_leaving = row.state == State.UNSUBSCRIBED
        reason = Delivery.Reason.UNSUBSCRIBED if is_leaving else Delivery.Reason.SET_ASIDE
        ledger.exclude_unsubscribed(subscription.pk, reason=reason, now=now)
        kind = Kind.WITHDRAWN if is_leaving else Kind.SET_ASIDE
        _note(reader_import, [(subscription, row)], kind=kind, now=now)
        done[each.number] = subscription, before
    return done


def _keep_out(judged: Sequence[Judgement], *, now: datetime) -> dict[int, tuple[Subscription | None, Before]]:
    made = {
        each.number: Suppression(digest=mailbox_digest(each.email), reason=_REASON[row.state], at=row.state_at or now)
        for each, row in _rows(judged)
    }
    Suppression.objects.bulk_create(made.values(), ignore_conflicts=True)
    return {
        number: (None, {"digest": each.digest, "reason": each.reason, "at": each.at.isoformat()})
        for number, each in made.items()
    }


def _agree(judged: Sequence[Judgement]) -> dict[int, tuple[Subscription | None, Before]]:
    """Remember that this file, too, says that they left: undoing another import does not bring them back."""
    return {each.number: (None, {}) for each, row in _rows(judged) if not row.state.may_be_mailed}


def _note(
    reader_import: ReaderImport,
    changed: Sequence[tuple[Subscription, ImportRow]],
    *,
    kind: str,
    api_key: ApiKey | None = None,
    now: datetime,
) -> None:
    """Add the events: with the evidence of the row or else of the import, and the day on which they agreed."""
    is_consent = kind == Kind.IMPORTED and reader_import.basis == Subscription.Basis.CONSENT
    agreed = datetime.combine(reader_import.agreed_on, time(12), UTC) if reader_import.agreed_on else None
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            subscription_id=subscription.pk,
            kind=kind,
            source=ConsentSource.SYSTEM if api_key else ConsentSource.IMPORT,
            language=subscription.locale.language_code,
            themes=subscription.theme_set.key,
            user_id=reader_import.created_by_id,
            reader_import_id=None if api_key else reader_import.pk,
            api_key=api_key,
            note=" · ".join(part for part in (row.evidence or reader_import.evidence, row.note) if part)[:255],
            agreed_at=(row.consent_at or agreed) if is_consent else None,
            at=now,
        )
        for subscription, row in changed
    )
