"""What the page of a dispatch shows, in words and as a plot, made from its progress."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NotRequired, TypedDict

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletters.models import Delivery, Dispatch
from newsletters.publications.views.plot import plot
from newsletters.results.progress import Failures, Progress
from newsletters.results.standstill import why_it_stands_still
from newsletters.sending.ledger.rate_limits import warm_up_today
from newsletters.values.remarks import in_words

Status = Delivery.Status
BounceClass = Delivery.BounceClass
FORMATS = {"minute": "H:i", "hour": "D H:i", "day": "j M"}


class StateRow(TypedDict):
    """How many deliveries are in one state, and the page that lists them."""

    label: str
    count: int
    url: str


class KindRow(TypedDict):
    """How many deliveries failed in one way, and the answers that they got."""

    label: str
    families: list[Failures]
    count: int


class Figures(TypedDict):
    """The context of the template `_progress.html`."""

    dispatch: Dispatch
    progress: Progress
    reason: str
    standstill: str
    per_minute: int
    time_left: str
    warm_up: tuple[int, int] | None
    states: list[StateRow]
    kinds: list[KindRow]
    uncertain: int
    bars: list[tuple[str, int]]
    plot: str
    may_see_readers: NotRequired[bool]


def figures(dispatch: Dispatch, progress: Progress, *, now: datetime) -> Figures:
    """Return the context of the template `_progress.html`."""
    bars = [(_moment(at, unit=progress.unit), count) for at, count in progress.bars]
    return {
        "dispatch": dispatch,
        "progress": progress,
        "reason": in_words(dispatch.status_reason),
        "standstill": why_it_stands_still(dispatch, progress.ledger, now=now),
        "per_minute": round(progress.per_minute),
        "time_left": _duration(progress.time_left) if progress.time_left else "",
        "warm_up": warm_up_today(dispatch.newsletter, now=now) if dispatch.is_open else None,
        "states": _states(dispatch, progress),
        "kinds": _kinds(progress.failures),
        "uncertain": progress.ledger.counts[Status.UNCERTAIN],
        "bars": [bar for bar in bars if bar[1]],
        "plot": plot(bars, label=_plot_label(bars)) if len(bars) > 1 else "",
    }


def _states(dispatch: Dispatch, progress: Progress) -> list[StateRow]:
    """Return each state and each reason for exclusion that occurs, with its count and the page of its readers."""
    listed = reverse("newsletters_admin:deliveries", args=[dispatch.pk])
    counts, excluded = progress.ledger.counts, progress.ledger.excluded
    states: list[StateRow] = [
        {"label": str(status.label), "count": counts[status], "url": f"{listed}?state={status}"}
        for status in Status
        if counts[status] and status != Status.EXCLUDED
    ]
    reasons = dict(Delivery.Reason.choices)
    return states + [
        {
            "label": f"{Status.EXCLUDED.label}: {reasons[reason]}",
            "count": count,
            "url": f"{listed}?state={Status.EXCLUDED}.{reason}",
        }
        for reason, count in sorted(excluded.items())
    ]


def _kinds(failures: list[Failures]) -> list[KindRow]:
    """Return the failures by kind, the most frequent kind first, each with its families."""
    by_class: dict[str, list[Failures]] = defaultdict(list)
    for failure in failures:
        by_class[failure.bounce_class].append(failure)
    rows: list[KindRow] = [
        {
            "label": str(BounceClass(bounce_class).label) if bounce_class else _("Not from a mail server"),
            "families": families,
            "count": sum(family.count for family in families),
        }
        for bounce_class, families in by_class.items()
    ]
    return sorted(rows, key=lambda row: -row["count"])


def _moment(at: datetime, *, unit: str) -> str:
    return date_format(localtime(at), FORMATS[unit])


def _duration(left: timedelta) -> str:
    minutes = max(1, round(left.total_seconds() / 60))
    if minutes < 90:
        return ngettext("about %(count)s minute", "about %(count)s minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    if hours < 48:
        return ngettext("about %(count)s hour", "about %(count)s hours", hours) % {"count": hours}
    return _("about %(count)s days") % {"count": round(hours / 24)}


def _plot_label(bars: Sequence[tuple[str, int]]) -> str:
    most = max(count for _label, count in bars)
    return _("Mails accepted by the mail server, from %(first)s to %(last)s; at most %(most)s at a time") % {
        "first": bars[0][0],
        "last": bars[-1][0],
        "most": most,
    }
