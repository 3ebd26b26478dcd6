"""The conditions by which staff find readers: what was searched for, and what one of their subscriptions is like."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.db.models.lookups import IsNull
from django.utils.timezone import localdate, make_aware
from django.utils.translation import gettext_lazy as _

from newsletters.audience.segments.rules import segment_q
from newsletters.audience.segments.sleeping import asleep
from newsletters.conf import conf
from newsletters.exceptions import BrokenSegment
from newsletters.models import ConsentEvent, Segment, SignUp, Subscriber, Subscription, ThemeSet
from newsletters.values.addresses import mailbox_of

Status = Subscription.Status

SOON = timedelta(days=7)
_AFTER_ALL_LETTERS = "\U0010ffff"


class State(TextChoices):
    """What a subscription can be in the list, by its status and its pause."""

    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Ended")
    BOUNCED = "bounced", _("Set aside: mail does not arrive")
    COMPLAINED = "complained", _("Set aside: called our mail spam")
    SET_ASIDE = "set_aside", _("Set aside, for either reason")
    SLEEPING = "sleeping", _("Active, and no sign of life for long")
    ERASED_SOON = "erased_soon", _("Ended, and erased within 7 days")


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """All of them must hold; an empty one holds for everybody. Newsletter, language and theme are primary keys.

    State, source and days are those of one and the same subscription: `since` and `until` are the first and the last
    day on which its state changed, `segment` is the primary key of one of its newsletter's. `words` are the beginning
    of an address or of a first name.
    """

    words: str = ""
    newsletter: int | None = None
    segment: int | None = None
    language: int | None = None
    theme: int | None = None
    state: str = ""
    source: str = ""
    since: date | None = None
    until: date | None = None
    keys: tuple[int, ...] = ()  # of readers who were picked by hand

    @property
    def names(self) -> list[str]:
        """Which conditions there are, without their values: those may be somebody's address."""
        return [field.name for field in fields(self) if getattr(self, field.name)]

    def as_json(self) -> dict[str, object]:
        """Return what `from_json` takes."""
        kept = {name: value for name, value in asdict(self).items() if value}
        return kept | {name: f"{kept[name]}" for name in ("since", "until") if name in kept}

    @classmethod
    def from_json(cls, kept: dict[str, object]) -> Conditions:
        """Return the conditions that were kept."""
        days = {name: date.fromisoformat(f"{kept[name]}") for name in ("since", "until") if name in kept}
        picked = kept.get("keys")
        keys = {"keys": tuple(picked)} if isinstance(picked, list) else {}
        return cls(**kept | days | keys)  # type: ignore[arg-type]


def matching(
    conditions: Conditions, *, older_than: int | None = None, newer_than: int | None = None, now: datetime
) -> QuerySet[Subscriber]:
    """Return the readers for whom all conditions hold, in no particular order.

    With `older_than` and `newer_than` only those before and after these keys. Their subscriptions get the same bounds:
    without these, PostgreSQL reads the subscriptions of everybody before the first reader of a page.
    """
    bounds = {"lt": older_than, "gt": newer_than}
    bounds = {name: key for name, key in bounds.items() if key is not None}
    found = Subscriber.objects.filter(**{f"pk__{name}": key for name, key in bounds.items()})
    if conditions.keys:
        found = found.filter(pk__in=conditions.keys)
    if conditions.words:
        found = found.filter(_called(conditions.words))
    wanted = _of_a_subscription(conditions, now=now)
    if wanted:
        owned = Subscription.objects.filter(*wanted, **{f"subscriber__{name}": key for name, key in bounds.items()})
        found = found.filter(Exists(owned.filter(subscriber=OuterRef("pk"))))
    return found


def waiting_at(words: str) -> QuerySet[SignUp]:
    """Return requests to subscribe, made with an address that begins like this, which wait to be confirmed."""
    asked = SignUp.objects.filter(kind=SignUp.Kind.SUBSCRIPTION, status=SignUp.Status.WAITING)
    return asked.filter(_begins("mailbox", words.lower())) if words else asked.none()


def _called(words: str) -> Q:
    """Match an address in any spelling, the beginning of one, or the beginning of a first name as people type it."""
    found = _begins("mailbox", words.lower())
    if "@" in words:
        return found | Q(mailbox=mailbox_of(words))
    for name in {words, words.lower(), words.capitalize(), words.title()}:
        found |= _begins("first_name", name)
    return found


def _begins(field: str, words: str) -> Q:
    """Match what begins with these words, by an index: SQLite has none for LIKE, PostgreSQL only one for LIKE."""
    if connection.vendor != "sqlite":
        return Q(**{f"{field}__startswith": words})
    return Q(**{f"{field}__gte": words, f"{field}__lt": words + _AFTER_ALL_LETTERS})


def _of_a_subscription(conditions: Conditions, *, now: datetime) -> list[Q]:
    wanted = [
        Q(**{name: value})
        for name, value in (
            ("newsletter", conditions.newsletter),
            ("locale", conditions.language),
            ("status_changed_at__gte", conditions.since and _midnight(conditions.since)),
            ("status_changed_at__lt", conditions.until and _midnight(conditions.until + timedelta(days=1))),
        )
        if value
    ]
    if conditions.theme:
        wanted.append(Q(theme_set__in=ThemeSet.objects.filter(themes=conditions.theme)))
    if conditions.state:
        wanted += _in_state(State(conditions.state), now=now)
    if conditions.segment:
        wanted.append(_in_segment(conditions.segment))
    if conditions.source:
        wanted.append(Q(Exists(_came_by(conditions.source))))
    return wanted


def _in_segment(segment_pk: int) -> Q:
    """Match the subscriptions that meet a segment's conditions; nobody does if it is gone or cannot be read."""
    segment = Segment.objects.select_related("newsletter").filter(pk=segment_pk).first()
    try:
        if segment is not None:
            frozen = segment.freeze()
            return Q(newsletter=segment.newsletter) & segment_q(
                frozen.conditions, match=frozen.match, newsletter=segment.newsletter
            )
    except BrokenSegment:
        pass
    return Q(pk__in=[])


def _midnight(day: date) -> datetime:
    """Return the moment at which this day begins here."""
    return make_aware(datetime.combine(day, time.min))


def _in_state(state: State, *, now: datetime) -> Iterable[Q]:
    is_paused = Q(paused_until__gt=localdate(now))
    if state == State.ACTIVE:
        return [Q(status=Status.ACTIVE), Q(paused_until=None) | ~is_paused]
    if state == State.PAUSED:
        return [Q(status=Status.ACTIVE), is_paused]
    if state == State.SET_ASIDE:
        return [Q(status__in=Subscription.SET_ASIDE)]
    if state == State.SLEEPING:
        return [asleep(now=now)]
    if state == State.ERASED_SOON:
        going_on = Subscription.objects.filter(subscriber=OuterRef("subscriber")).exclude(status=Status.ENDED)
        ended_before = now + SOON - timedelta(days=conf.KEEP_ENDED_DAYS)
        # Not “not exists”: for that, PostgreSQL would read all subscriptions that go on.
        has_none = IsNull(Subquery(going_on.values("pk")[:1]), True)  # noqa: FBT003 - Django's signature
        return [Q(status=Status.ENDED, status_changed_at__lt=ended_before), Q(has_none)]
    return [Q(status=state.value)]


def _came_by(source: str) -> QuerySet[ConsentEvent]:
    asked = ConsentEvent.objects.filter(subscription=OuterRef("pk"), source=source)
    return asked.filter(kind__in=ConsentEvent.OF_CONSENT)
