"""Undo what a batch of imported rows did, except where people or staff have changed something since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from newsletters.audience.own_fields.keep_answers import keep_answers
from newsletters.models import (
    ConsentEvent,
    ConsentSource,
    ImportedRow,
    OwnField,
    OwnValue,
    PersonNote,
    ReaderImport,
    Subscriber,
    Subscription,
    Suppression,
)
from newsletters.models.audience.announcing import announce_erased, announce_removed
from newsletters.models.audience.suppression import mailbox_digest
from newsletters.sending import ledger

Fate = ImportedRow.Fate
Kind = ConsentEvent.Kind


def undo(reader_import: ReaderImport, rows: Sequence[ImportedRow], *, now: datetime) -> list[int]:
    """Undo these rows, in the caller's transaction; return the primary keys of those for which that was possible.

    What readers, staff or other imports did since counts: then it stays as it is.
    """
    agreeing = [row for row in rows if row.fate == Fate.SUPPRESSED]  # changed nothing
    kept_out = [row for row in rows if row.fate == Fate.KEPT_OUT]
    let_in = _let_in([*kept_out, *left_behind(agreeing)], reader_import=reader_import)
    subscriptions = _untouched(reader_import, rows)
    changed = [row for row in rows if row.subscription_id in subscriptions]
    for row in changed:
        subscription, before = subscriptions[row.subscription_id or 0], row.before or {}
        if row.fate == Fate.CHANGED:
            _change_back(subscription, before, reader_import=reader_import, now=now)
        elif row.fate == Fate.ENDED:
            _bring_back(subscription, before, reader_import=reader_import, now=now)
    _remove([row for row in changed if row.fate == Fate.NEW], now=now)  # after what later rows did to them
    return [row.pk for row in (*let_in, *agreeing, *changed)]


def left_behind(agreeing: Iterable[ImportedRow] | QuerySet[ImportedRow]) -> QuerySet[ImportedRow]:
    """Return the rows of undone imports whose suppressions stayed because rows like these say the same."""
    mailboxes = agreeing.values("mailbox") if isinstance(agreeing, QuerySet) else [row.mailbox for row in agreeing]
    undone = ImportedRow.objects.filter(reader_import__status=ReaderImport.Status.UNDONE)
    return undone.filter(fate=Fate.KEPT_OUT, before__isnull=False, mailbox__in=mailboxes)


def _let_in(rows: Sequence[ImportedRow], *, reader_import: ReaderImport) -> list[ImportedRow]:
    """Delete the suppressions that these rows made, unless another file says the same; return the rows."""
    said_again = ImportedRow.objects.filter(
        fate__in=[Fate.SUPPRESSED, Fate.KEPT_OUT], before__isnull=False, mailbox__in=[row.mailbox for row in rows]
    ).exclude(Q(reader_import=reader_import) | Q(reader_import__status=ReaderImport.Status.UNDONE))
    others = set(said_again.values_list("mailbox", flat=True))
    made = {row.before["digest"]: row for row in rows if row.before and row.mailbox not in others}
    done, gone = [], []
    for suppression in Suppression.objects.filter(digest__in=made):
        row = made[suppression.digest]
        before = row.before or {}
        if (suppression.reason, suppression.at) == (before["reason"], datetime.fromisoformat(before["at"])):
            done.append(row)
            gone.append(suppression.pk)
    Suppression.objects.filter(pk__in=gone).delete()
    return done


def _untouched(reader_import: ReaderImport, rows: Sequence[ImportedRow]) -> Mapping[int, Subscription]:
    """Return the subscriptions, locked, to which nothing has happened since but this import."""
    later = ConsentEvent.objects.filter(subscription=OuterRef("pk"), at__gte=reader_import.created_at)
    others = later.exclude(reader_import=reader_import)
    found = Subscription.objects.filter(~Exists(others), pk__in=_keys(rows))
    found = found.select_related("subscriber", "locale", "theme_set").select_for_update(of=("self",)).order_by("pk")
    subscriptions = {each.pk: each for each in found}
    digests = {mailbox_digest(each.subscriber.email): each.pk for each in subscriptions.values()}
    for digest in Suppression.objects.filter(digest__in=digests).values_list("digest", flat=True):
        del subscriptions[digests[digest]]  # who asked never to be mailed is not brought back
    notes = PersonNote.objects.filter(subscriber__subscriptions__in=subscriptions)
    noted = set(notes.values_list("subscriber", flat=True))
    own_fields = set(OwnField.objects.values_list("key", flat=True))
    answers = _answers([row for row in rows if row.before and row.before.get("answered")], subscriptions)
    for row in rows:
        subscription = subscriptions.get(row.subscription_id or 0)
        if subscription is None:
            continue
        is_edited = _is_edited(row, subscription, has_notes=subscription.subscriber_id in noted)
        if is_edited or _is_answered_anew(row, answers.get(subscription.subscriber_id, {}), own_fields=own_fields):
            del subscriptions[subscription.pk]
    return subscriptions


def _is_edited(row: ImportedRow, subscription: Subscription, *, has_notes: bool) -> bool:
    """Say whether a name was changed or a note written, of which the ledger has no event."""
    before = row.before or {}
    if row.fate == Fate.NEW and before["made_person"]:
        return has_notes or subscription.subscriber.first_name != before["written"]
    return row.fate == Fate.CHANGED and subscription.subscriber.first_name != before["written"]


def _answers(rows: Sequence[ImportedRow], subscriptions: Mapping[int, Subscription]) -> dict[int, dict[str, str]]:
    """Return what the readers of these rows answer to own fields by now."""
    found: dict[int, dict[str, str]] = {}
    if rows:
        people = [subscriptions[key].subscriber_id for key in _keys(rows) if key in subscriptions]
        answers = OwnValue.objects.filter(subscriber__in=people)
        for person, key, answer in answers.values_list("subscriber", "own_field__key", "value"):
            found.setdefault(person, {})[key] = answer
    return found


def _is_answered_anew(row: ImportedRow, answers: Mapping[str, str], *, own_fields: Collection[str]) -> bool:
    """Say whether an answer was changed since the row wrote it; one to a field that is gone counts for nothing."""
    written = (row.before or {}).get("answered", {})
    return any(answers.get(key) != answer for key, answer in written.items() if key in own_fields)


def _keys(rows: Sequence[ImportedRow]) -> list[int]:
    return [row.subscription_id for row in rows if row.subscription_id]


def _remove(rows: Sequence[ImportedRow], *, now: datetime) -> None:
    """Remove readers whom the import added, and as people those who are no readers of anything else."""
    subscriptions = Subscription.objects.filter(pk__in=_keys(rows))
    made = _keys([row for row in rows if row.before and row.before["made_person"]])
    people = list(subscriptions.filter(pk__in=made).values_list("subscriber", flat=True))
    ledger.exclude_unsubscribed(*_keys(rows), now=now)
    removed = list(subscriptions.values_list("subscriber__public_id", "newsletter__slug"))
    subscriptions.delete()
    strangers = Subscriber.objects.filter(pk__in=people, subscriptions=None)
    gone = set(strangers.values_list("public_id", flat=True))
    strangers.delete()
    announce_erased(gone, now=now)
    announce_removed([each for each in removed if each[0] not in gone], now=now)


def _change_back(
    subscription: Subscription, before: Mapping[str, object], *, reader_import: ReaderImport, now: datetime
) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(locale=before["locale"], theme_set=before["theme_set"])
    Subscriber.objects.filter(pk=subscription.subscriber_id).update(first_name=before["first_name"])
    if isinstance(answers := before.get("answers"), dict):
        keep_answers(subscription.subscriber, answers)
    subscription.refresh_from_db()
    _note(subscription, kind=Kind.CHANGED, reader_import=reader_import, now=now)


def _bring_back(
    subscription: Subscription, before: Mapping[str, object], *, reader_import: ReaderImport, now: datetime
) -> None:
    status = Subscription.Status(str(before["status"]))
    subscription.change_status(status, now=datetime.fromisoformat(str(before["since"])))
    subscription.save()
    kind = Kind.SET_ASIDE if status in Subscription.SET_ASIDE else Kind.RESTORED
    _note(subscription, kind=kind, reader_import=reader_import, now=now)


def _note(subscription: Subscription, *, kind: Kind, reader_import: ReaderImport, now: datetime) -> None:
    ConsentEvent.objects.create(
        subscription=subscription,
        kind=kind,
        source=ConsentSource.IMPORT,
        language=subscription.locale.language_code,
        themes=subscription.theme_set.key,
        user=reader_import.created_by,
        reader_import=reader_import,
        at=now,
    )
