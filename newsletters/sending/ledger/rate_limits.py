"""How many deliveries may be claimed now, under the limits of one newsletter and of all newsletters together.

Workers reserve their share together with the claim, about a hundred at a time, under the lock of one row for each
scope, so that a single mail costs nothing. Where no limit is set, no row is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from newsletters.conf import conf
from newsletters.models import Allowance, Newsletter, SendingCount
from newsletters.sending.ledger.pacing import SPAN_SECONDS, TURN_SECONDS, Pace
from newsletters.sending.ledger.window import moment, next_open
from newsletters.values.remarks import Remark

# The fields of a newsletter that say how many mails may be sent, and when.
_TERMS = (
    *("most_per_second", "most_per_minute", "most_per_hour", "most_per_day"),
    *("warm_up_first_day", "warm_up_growth", "send_from", "send_until", "send_on", "time_zone"),
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Granted:
    """How many mails may be sent now; if none for a while, then why, and until when."""

    count: int
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class _Limits:
    """The limits of one scope; `per` holds the most mails in any period of that length."""

    scope: str
    per: dict[timedelta, int]
    interval: timedelta  # between two mails
    newsletter: Newsletter | None = None

    @property
    def is_set(self) -> bool:
        warms_up = self.newsletter is not None and self.newsletter.warm_up_first_day is not None
        return bool(self.per or self.interval or warms_up)


def reserve(newsletter: Newsletter, *, wanted: int, pace: Pace | None, now: datetime) -> Granted:
    """Reserve up to `wanted` mails of what may be sent; call it in a transaction, for which other workers wait.

    With limits per second or minute, `pace` learns when each may be sent; without a `pace` at most one is granted.
    """
    if pace:
        pace.terms = _terms_of(newsletter)
    opens_at = next_open(newsletter, now=now)
    if opens_at > now:
        return Granted(count=0, why=Remark.WAITS_FOR_WINDOW, until=opens_at)
    limited = [limits for limits in _limits_of(newsletter) if limits.is_set]
    allowances = [(_lock(limits.scope), limits) for limits in limited]
    for allowance, limits in allowances:
        granted = _room(allowance, limits, wanted=wanted, now=now)
        if not granted.count:
            return granted
        wanted = granted.count
    wanted = _paced(allowances, wanted=wanted, pace=pace, now=now)
    for allowance, limits in allowances if wanted else []:
        _count(allowance, limits, count=wanted, now=now)
    return Granted(count=wanted)


def still_holds(newsletter_pk: int, *, terms: object, now: datetime) -> bool:
    """Say whether what was granted under these terms (of a `Pace`) may still be sent: same terms, open window."""
    newsletter = Newsletter.objects.get(pk=newsletter_pk)
    return _terms_of(newsletter) == terms and next_open(newsletter, now=now) <= now


def is_paced(newsletter: Newsletter) -> bool:
    """Say whether workers have to wait between two mails."""
    return any(limits.interval for limits in _limits_of(newsletter))


def would_grant(newsletter: Newsletter, *, now: datetime) -> Granted:
    """Return what a worker that asked for one mail now would be granted, without reserving it."""
    with transaction.atomic():
        granted = reserve(newsletter, wanted=1, pace=None, now=now)
        transaction.set_rollback(True)
    return granted


def give_back(newsletter: Newsletter, *, count: int, now: datetime) -> None:
    """Give back what was reserved and not sent, to the newest minutes."""
    for limits in _limits_of(newsletter):
        if not limits.is_set:
            continue
        allowance, left = _lock(limits.scope), count
        for counted in SendingCount.objects.filter(allowance=allowance, count__gt=0).order_by("-minute")[:5]:
            taken = min(counted.count, left)
            SendingCount.objects.filter(pk=counted.pk).update(count=F("count") - taken)
            left -= taken
        if limits.newsletter and allowance.day == _today(newsletter, now):
            allowance.sent_on_day = max(0, allowance.sent_on_day - count)
            allowance.save(update_fields=["sent_on_day"])


def warm_up_today(newsletter: Newsletter, *, now: datetime) -> tuple[int, int] | None:
    """Return which day of the newsletter's warm-up this is, and how many mails it allows; None without a warm-up."""
    if newsletter.warm_up_first_day is None:
        return None
    allowance = Allowance.objects.filter(scope=_scope(newsletter)).first() or Allowance()
    day = allowance.warm_up_day + (allowance.day != _today(newsletter, now))
    return day, newsletter.warm_up_limit(day) or 0


def _terms_of(newsletter: Newsletter) -> tuple[object, ...]:
    return tuple(getattr(newsletter, name) for name in _TERMS)


def _limits_of(newsletter: Newsletter) -> list[_Limits]:
    """Return the newsletter's own limits, and those of the settings, which all newsletters share."""
    names = ("SECOND", "MINUTE", "HOUR", "DAY")
    own = [getattr(newsletter, f"most_per_{name.lower()}") for name in names]
    common = [getattr(conf, f"MOST_PER_{name}") for name in names]
    return [_limits(_scope(newsletter), own, newsletter=newsletter), _limits("all", common)]


def _limits(scope: str, most: list[int | None], *, newsletter: Newsletter | None = None) -> _Limits:
    second, minute, hour, day = most
    intervals = [timedelta(seconds=1) / second if second else timedelta(), timedelta(minutes=1) / (minute or 10**9)]
    return _Limits(
        scope=scope,
        per={period: number for period, number in ((HOUR, hour), (DAY, day)) if number},
        interval=max(intervals) if second or minute else timedelta(),
        newsletter=newsletter,
    )


def _scope(newsletter: Newsletter) -> str:
    return f"newsletter {newsletter.pk}"


def _lock(scope: str) -> Allowance:
    Allowance.objects.get_or_create(scope=scope)
    return Allowance.objects.select_for_update().get(scope=scope)


def _room(allowance: Allowance, limits: _Limits, *, wanted: int, now: datetime) -> Granted:
    for period, most in limits.per.items():
        counted = SendingCount.objects.filter(allowance=allowance, minute__gt=now - period - timedelta(minutes=1))
        room = most - (counted.aggregate(sum=Sum("count"))["sum"] or 0)
        if room <= 0:
            return Granted(count=0, why=Remark.WAITS_FOR_SPEED, until=_when_free(counted, most=most, period=period))
        wanted = min(wanted, room)
    newsletter = limits.newsletter
    if newsletter is None or newsletter.warm_up_first_day is None:
        return Granted(count=wanted)
    today = _today(newsletter, now)
    is_new = allowance.day != today
    most_today = newsletter.warm_up_limit(allowance.warm_up_day + is_new) or 0
    room = most_today - (0 if is_new else allowance.sent_on_day)
    if room > 0:
        return Granted(count=min(wanted, room))
    tomorrow = moment(today + DAY, datetime.min.time(), zone=newsletter.zone)
    return Granted(count=0, why=Remark.WAITS_FOR_WARM_UP, until=next_open(newsletter, now=tomorrow))


def _when_free(counted: QuerySet[SendingCount], *, most: int, period: timedelta) -> datetime | None:
    """Return when enough mails are older than the period for one more to be sent."""
    rows = list(counted.order_by("minute").values_list("minute", "count"))
    left = sum(count for _minute, count in rows)
    for minute, count in rows:
        left -= count
        if left < most:
            return minute + period + timedelta(minutes=1)
    return None


def _paced(allowances: list[tuple[Allowance, _Limits]], *, wanted: int, pace: Pace | None, now: datetime) -> int:
    """Reserve send slots for as many deliveries as this batch allows; return how many."""
    paced = [(allowance, limits) for allowance, limits in allowances if limits.interval]
    if not paced:
        if pace:
            pace.let_go()
        return wanted
    interval = max(limits.interval for _allowance, limits in paced)
    longest = now + timedelta(seconds=TURN_SECONDS) + interval  # beyond it, a limit or a clock has changed since
    booked = [allowance.free_at for allowance, _limits in paced if allowance.free_at and allowance.free_at <= longest]
    begin = max([now, *booked])
    ends_at = min(pace.ends_at, begin + timedelta(seconds=SPAN_SECONDS)) if pace else now
    if begin > (pace.ends_at if pace else now):
        return 0
    count = min(wanted, 1 + max(0, (ends_at - begin) // interval))
    for allowance, limits in paced:
        allowance.free_at = begin + count * limits.interval
        allowance.save(update_fields=["free_at"])
    if pace:
        pace.book(begin=begin, interval=interval)
    return count


def _count(allowance: Allowance, limits: _Limits, *, count: int, now: datetime) -> None:
    if limits.per:
        minute = now.replace(second=0, microsecond=0)
        if not SendingCount.objects.filter(allowance=allowance, minute=minute).update(count=F("count") + count):
            SendingCount.objects.create(allowance=allowance, minute=minute, count=count)
            SendingCount.objects.filter(allowance=allowance, minute__lt=now - 2 * DAY).delete()
    if limits.newsletter and limits.newsletter.warm_up_first_day is not None:
        today = _today(limits.newsletter, now)
        if allowance.day != today:
            allowance.day, allowance.sent_on_day, allowance.warm_up_day = today, 0, allowance.warm_up_day + 1
        allowance.sent_on_day += count
        allowance.save(update_fields=["day", "sent_on_day", "warm_up_day"])


def _today(newsletter: Newsletter, now: datetime) -> date:
    return now.astimezone(newsletter.zone).date()
