"""What is kept about readers for how long, by the settings in force: the clock deletes by it, and staff look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletters.conf import conf
from newsletters.models import Delivery, ImportedRow, SignUp, Subscriber, Subscription


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One kind of data about readers; `due` finds what has been kept long enough at a moment."""

    what: str
    why: str
    how_long: str
    due: Callable[[datetime], QuerySet[Model]] | None = None  # None if it goes with something else

    def numbers(self, *, now: datetime) -> tuple[int, int, int] | None:
        """Return how many go at the clock's next round, within 7 days and within 30 days, if nothing changes."""
        if self.due is None:
            return None
        first, second, third = (self.due(now + timedelta(days=days)).count() for days in (0, 7, 30))
        return first, second, third


def kept_data() -> list[Kept]:
    """Return everything that is kept, in the active language."""
    with_person = _days(conf.KEEP_ENDED_DAYS, after=_("their last subscription ended"))
    return [
        Kept(
            what=_("Readers: address, first name, own fields, languages, themes"),
            why=_("to send them what they chose"),
            how_long=with_person,
            due=lambda at: left_long_ago(now=at),
        ),
        Kept(
            what=_("What they agreed to, when, where and with which words"),
            why=_("to prove their consent"),
            how_long=with_person,
        ),
        Kept(
            what=_("Requests that nobody has confirmed"),
            why=_("to ask whether a request is the owner's own"),
            how_long=_days(conf.KEEP_SIGN_UPS_DAYS, after=_("the request")),
            due=old_requests,
        ),
        Kept(
            what=_("Former addresses of readers"),
            why=_("so that their owners can undo a change"),
            how_long=_days(conf.UNDO_ADDRESS_DAYS, after=_("the change")),
            due=old_addresses,
        ),
        Kept(
            what=_("Replies of mail servers, which may quote the address"),
            why=_("to see why a mail did not arrive"),
            how_long=_days(conf.KEEP_REPLIES_DAYS, after=_("the sending")),
            due=old_replies,
        ),
        Kept(
            what=_("Rows of imported files"),
            why=_("so that an import can be undone"),
            how_long=_days(conf.KEEP_IMPORTS_DAYS, after=_("the import")),
            due=old_rows,
        ),
        _sleeping(),
        Kept(
            what=_("Codes that recognise the addresses of people who left or were erased"),
            why=_("so that nobody brings them back"),
            how_long=_("until they subscribe again themselves"),
        ),
    ]


def _sleeping() -> Kept:
    return Kept(
        what=_("Subscriptions of readers who sleep and did not answer whether they still want them"),
        why=_("to mail only people who want it"),
        how_long=_days(conf.ANSWER_DAYS, after=_("the mail that asks")) if conf.ASK_SLEEPING else _("nobody is asked"),
        due=unanswered if conf.ASK_SLEEPING else None,
    )


def _days(count: int, *, after: str) -> str:
    return ngettext("%(count)s day after %(what)s", "%(count)s days after %(what)s", count) % {
        "count": count,
        "what": after,
    }


def old_requests(now: datetime) -> QuerySet[SignUp]:
    """Return the requests that are deleted now; our own questions stay until their reader gives a sign of life."""
    heard = Subscription.objects.filter(
        subscriber=OuterRef("subscriber"), newsletter=OuterRef("newsletter"), heard_at__gt=OuterRef("requested_at")
    )
    requests = SignUp.objects.filter(~Q(kind=SignUp.Kind.STILL) | Q(Exists(heard))).exclude(kind=SignUp.Kind.UNDO)
    return requests.filter(requested_at__lt=now - timedelta(days=conf.KEEP_SIGN_UPS_DAYS))


def unanswered(now: datetime) -> QuerySet[SignUp]:
    """Return the questions whose time is over, to readers who still get mail and gave no sign of life since.

    A question counts from when a mail server accepted it. Nobody loses a newsletter over a mail that was never sent.
    """
    asleep = Subscription.objects.filter(
        subscriber=OuterRef("subscriber"),
        newsletter=OuterRef("newsletter"),
        status=Subscription.Status.ACTIVE,
        basis=Subscription.Basis.CONSENT,
        heard_at__lt=OuterRef("requested_at"),
    )
    waiting = SignUp.objects.filter(kind=SignUp.Kind.STILL, status=SignUp.Status.WAITING, mail_due_at=None)
    accepted = waiting.filter(reply__startswith="2", mailed_at__lt=now - timedelta(days=conf.ANSWER_DAYS))
    return accepted.filter(Exists(asleep)).order_by("mailed_at")


def old_addresses(now: datetime) -> QuerySet[SignUp]:
    """Return the former addresses that are deleted now."""
    notices = SignUp.objects.filter(kind=SignUp.Kind.UNDO)
    return notices.filter(requested_at__lt=now - timedelta(days=conf.UNDO_ADDRESS_DAYS))


def old_replies(now: datetime) -> QuerySet[Delivery]:
    """Return the deliveries whose replies are emptied now."""
    old = Delivery.objects.filter(dispatch__finished_at__lt=now - timedelta(days=conf.KEEP_REPLIES_DAYS))
    return old.exclude(reply="")


def old_rows(now: datetime) -> QuerySet[ImportedRow]:
    """Return the rows of imports that are deleted now."""
    return ImportedRow.objects.filter(reader_import__finished_at__lt=now - timedelta(days=conf.KEEP_IMPORTS_DAYS))


def left_long_ago(*, now: datetime) -> QuerySet[Subscriber]:
    """Return who has had no subscription for KEEP_ENDED_DAYS, the longest first.

    A subscription that was set aside is not ended: its reader may bring it back. Whoever just asked to come back is
    left out, too.
    """
    going_on = Subscription.objects.filter(subscriber=OuterRef("pk")).exclude(status=Subscription.Status.ENDED)
    asked = SignUp.objects.filter(mailbox=OuterRef("mailbox"), status=SignUp.Status.WAITING)
    asked = asked.exclude(kind=SignUp.Kind.STILL)  # we asked that
    ended = Subscriber.objects.filter(~Exists(going_on), ~Exists(asked)).annotate(
        ended_at=Coalesce(Max("subscriptions__status_changed_at"), "created_at")
    )
    return ended.filter(ended_at__lt=now - timedelta(days=conf.KEEP_ENDED_DAYS)).order_by("ended_at")
