"""What each row of an imported file does to the audience, decided for a batch at a time and without changing anything.

The rules, the most careful first: who left, bounced or complained elsewhere is never mailed from here; who left here,
or is suppressed, stays so; who reads the newsletter already keeps their own choices, unless staff asked to replace
them; anybody else becomes a reader if there is a ground for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Case, Max, When
from django.utils.translation import gettext as _

from newsletters.audience.importing.fields import State
from newsletters.audience.importing.rows import MOST_CHARACTERS_OF_A_MAILBOX, ImportRow, RowProblem
from newsletters.models import ConsentEvent, ImportedRow, OwnValue, ReaderImport, Subscription, Suppression
from newsletters.models.audience.suppression import mailbox_digest
from newsletters.values.addresses import mailbox_of

Fate = ImportedRow.Fate
Kind = ConsentEvent.Kind

CAREFUL = frozenset({Fate.KEPT_OUT, Fate.ENDED, Fate.LEFT, Fate.SUPPRESSED})
_LOCKED = ("self",)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What becomes of a row, and the subscription that it is about, if there is one."""

    number: int
    email: str
    mailbox: str
    fate: Fate
    reasons: tuple[str, ...] = ()
    row: ImportRow | None = None
    subscription: Subscription | None = None
    answers: Mapping[str, str] = field(default_factory=dict)  # the reader's own, to the fields that the row names


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the database knows about the mailboxes of a batch."""

    subscriptions: Mapping[str, Subscription]
    agreed: Mapping[str, datetime]  # when they agreed last, here or before an import
    set_aside: Mapping[str, str]  # why another newsletter is not sent to them
    suppressed: Mapping[str, str]  # reasons by mailbox
    answers: Mapping[int, Mapping[str, str]]  # to own fields by subscriber, where rows may replace them
    earlier: Mapping[str, Collection[str]]  # fates of earlier rows of the file, by mailbox


def judge(reader_import: ReaderImport, found: Sequence[ImportRow | RowProblem], *, locks: bool) -> list[Judgement]:
    """Return what becomes of each of these rows; `locks` locks the subscriptions that they are about.

    `reader_import` may be one that is not stored, as for a person whom another system adds.
    """
    mailboxes = {row.number: _mailbox(row) for row in found}
    known = _known(reader_import, found, {mailbox for mailbox in mailboxes.values() if mailbox}, locks=locks)
    weightiest = _weightiest(found, mailboxes=mailboxes)
    judged = []
    for row in found:
        mailbox = mailboxes[row.number]
        subscription = known.subscriptions.get(mailbox)
        judgement = Judgement(
            number=row.number, email=row.email, mailbox=mailbox, fate=Fate.DOUBLED, subscription=subscription
        )
        if known.suppressed.get(mailbox) == Suppression.Reason.ERASED and subscription is None:
            judgement = Judgement(number=row.number, email="", mailbox="", fate=Fate.SUPPRESSED)
        elif isinstance(row, RowProblem):
            judgement = replace(judgement, fate=Fate.INVALID, reasons=row.reasons)
        elif weightiest[mailbox] == row.number:
            judgement = _judge(replace(judgement, row=row), row, reader_import=reader_import, known=known)
        judged.append(judgement)
    return judged


def _mailbox(row: ImportRow | RowProblem) -> str:
    """Return the mailbox of a row, empty if what stands in it is no address."""
    mailbox = mailbox_of(row.email) if "@" in row.email else ""
    return mailbox if len(mailbox) <= MOST_CHARACTERS_OF_A_MAILBOX else ""


def _known(
    reader_import: ReaderImport, found: Sequence[ImportRow | RowProblem], mailboxes: set[str], *, locks: bool
) -> _Known:
    theirs = Subscription.objects.filter(subscriber__mailbox__in=mailboxes).values_list(
        "pk", "newsletter", "status", "subscriber__mailbox"
    )
    here: list[int] = []
    set_aside: dict[str, str] = {}
    for pk, newsletter, status, mailbox in theirs:
        if newsletter == reader_import.newsletter_id:
            here.append(pk)
        elif status in Subscription.SET_ASIDE:
            set_aside[mailbox] = str(Subscription.Status(status).label)
    subscriptions = _subscriptions(here, locks=locks) if here else {}
    digests = {mailbox_digest(mailbox): mailbox for mailbox in mailboxes}
    suppressed = Suppression.objects.filter(digest__in=digests).values_list("digest", "reason")
    earlier: dict[str, list[str]] = {}
    rows = ImportedRow.objects.filter(reader_import=reader_import.pk, mailbox__in=mailboxes).exclude(fate=Fate.INVALID)
    for mailbox, fate in rows.order_by().values_list("mailbox", "fate"):
        earlier.setdefault(mailbox, []).append(fate)
    named = {key for row in found if isinstance(row, ImportRow) for key in row.answers}
    return _Known(
        subscriptions=subscriptions,
        answers=_answers(subscriptions.values(), keys=named) if named and reader_import.changes_known else {},
        agreed=_agreed(subscriptions),
        set_aside=set_aside,
        suppressed={digests[digest]: reason for digest, reason in suppressed},
        earlier=earlier,
    )


def _subscriptions(keys: Collection[int], *, locks: bool) -> dict[str, Subscription]:
    found = Subscription.objects.filter(pk__in=keys).select_related("subscriber", "locale", "theme_set")
    if locks:
        found = found.select_for_update(of=_LOCKED).order_by("pk")
    return {each.subscriber.mailbox: each for each in found}


def _agreed(subscriptions: Mapping[str, Subscription]) -> dict[str, datetime]:
    mailboxes = {subscription.pk: mailbox for mailbox, subscription in subscriptions.items()}
    events = ConsentEvent.objects.filter(kind__in=ConsentEvent.AGREED, subscription__in=mailboxes)
    when = Case(When(kind=Kind.IMPORTED, then="agreed_at"), default="at")
    newest = events.order_by().values_list("subscription").annotate(newest=Max(when))
    return {mailboxes[subscription]: at for subscription, at in newest if at}


def _answers(subscriptions: Iterable[Subscription], *, keys: Collection[str]) -> dict[int, dict[str, str]]:
    people = [subscription.subscriber_id for subscription in subscriptions]
    found: dict[int, dict[str, str]] = {person: {} for person in people}
    answers = OwnValue.objects.filter(subscriber__in=people, own_field__key__in=keys)
    for person, key, answer in answers.values_list("subscriber", "own_field__key", "value"):
        found[person][key] = answer
    return found


def _weightiest(found: Sequence[ImportRow | RowProblem], *, mailboxes: Mapping[int, str]) -> dict[str, int]:
    """Return, by mailbox, the row that counts: the first of those in the most careful state."""
    states = list(State)
    rows: dict[str, ImportRow] = {}
    for row in found:
        if isinstance(row, ImportRow):
            kept = rows.setdefault(mailboxes[row.number], row)
            if states.index(row.state) > states.index(kept.state):
                rows[mailboxes[row.number]] = row
    return {mailbox: row.number for mailbox, row in rows.items()}


def _judge(judgement: Judgement, row: ImportRow, *, reader_import: ReaderImport, known: _Known) -> Judgement:
    earlier = known.earlier.get(judgement.mailbox, ())
    suppressed = known.suppressed.get(judgement.mailbox)
    if row.state.may_be_mailed:
        if earlier:
            return judgement
        if judgement.subscription is None and judgement.mailbox in known.set_aside:
            return replace(judgement, fate=Fate.LEFT, reasons=(known.set_aside[judgement.mailbox],))
        return _judge_reader(judgement, row, reader_import=reader_import, known=known)
    if CAREFUL.intersection(earlier):
        return judgement
    agreed_at = known.agreed.get(judgement.mailbox)
    status = judgement.subscription.status if judgement.subscription else Subscription.Status.ENDED
    is_ended = status == Subscription.Status.ENDED
    if not is_ended and Fate.NEW not in earlier and row.state_at and agreed_at and agreed_at > row.state_at:
        fate = Fate.KNOWN if status == Subscription.Status.ACTIVE else Fate.LEFT
        return replace(judgement, fate=fate, reasons=(_("They subscribed here after that."),))
    return _judge_leaver(judgement, row, was_new=Fate.NEW in earlier, suppressed=suppressed)


def _judge_leaver(judgement: Judgement, row: ImportRow, *, was_new: bool, suppressed: str | None) -> Judgement:
    reason = str(row.state.label)
    subscription = judgement.subscription
    if subscription is None and not was_new:
        return replace(judgement, fate=Fate.SUPPRESSED if suppressed else Fate.KEPT_OUT, reasons=(reason,))
    # Who left elsewhere must not be sent to again by staff as somebody whom only mail did not reach.
    is_set_aside = subscription and subscription.status in Subscription.SET_ASIDE
    if is_set_aside and row.state == State.UNSUBSCRIBED:
        return replace(judgement, fate=Fate.ENDED, reasons=(reason,))
    if subscription and subscription.status != Subscription.Status.ACTIVE:
        return replace(judgement, fate=Fate.LEFT, reasons=(reason,))
    return replace(judgement, fate=Fate.ENDED, reasons=(reason,))


def _judge_reader(judgement: Judgement, row: ImportRow, *, reader_import: ReaderImport, known: _Known) -> Judgement:
    themes = tuple(_("There is no theme “%(name)s”.") % {"name": name} for name in row.unknown_themes)
    unclear = themes + row.unclear_answers
    subscription = judgement.subscription
    if subscription:
        if subscription.status != Subscription.Status.ACTIVE:
            return replace(judgement, fate=Fate.LEFT, reasons=(str(subscription.get_status_display()),))
        answers = known.answers.get(subscription.subscriber_id, {})
        if reader_import.changes_known and _differs(row, subscription, answers=answers):
            return replace(judgement, fate=Fate.CHANGED, reasons=unclear, answers=answers)
        return replace(judgement, fate=Fate.KNOWN)
    if suppressed := known.suppressed.get(judgement.mailbox):
        return replace(judgement, fate=Fate.SUPPRESSED, reasons=(str(Suppression.Reason(suppressed).label),))
    if lack := _lack_of_ground(row, reader_import):
        return replace(judgement, fate=Fate.NO_GROUND, reasons=(lack,))
    return replace(judgement, fate=Fate.NEW, reasons=unclear)


def _lack_of_ground(row: ImportRow, reader_import: ReaderImport) -> str:
    """Return why nobody may be mailed on the word of this row; empty if they may."""
    if row.state == State.UNCONFIRMED:
        return _("They never confirmed that they want it.")
    is_consent = reader_import.basis == Subscription.Basis.CONSENT
    if is_consent and row.consent_at is None and reader_import.agreed_on is None:
        return _("Nothing says when they agreed.")
    return ""


def _differs(row: ImportRow, subscription: Subscription, *, answers: Mapping[str, str]) -> bool:
    """Say whether the row names something else than the reader has; what it does not name stays."""
    name, code, key = row.first_name, row.language, " ".join(sorted(row.theme_slugs))
    return (
        bool(name and name != subscription.subscriber.first_name)
        or bool(code and code != subscription.locale.language_code)
        or bool(key and key != subscription.theme_set.key)
        or any(answer != answers.get(own_field) for own_field, answer in row.answers.items())
    )
