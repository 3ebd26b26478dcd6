"""Whom a dispatch did not reach: the readers to whom the same issue may be sent once more, and why."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from newsletters.audience.queries import audience
from newsletters.models import Delivery, Dispatch, Edition, Subscription
from newsletters.values.remarks import Remark

Status = Delivery.Status
Reason = Delivery.Reason
BounceClass = Delivery.BounceClass

# Refusals that a later dispatch may overcome: a full mailbox, or many attempts without success.
PASSING = Q(bounce_class__in=[BounceClass.FULL, BounceClass.LATER, BounceClass.OURS, BounceClass.SLOW]) | Q(
    reply__startswith=Remark.HUNG_UP
)


@dataclass(frozen=True, kw_only=True)
class Unreached:
    """How many people were not reached, by what has happened to them so far."""

    cancelled: int  # the dispatch was cancelled before it reached them
    refused: int  # their mailbox was full, or their server had not accepted it after two days
    changed: int  # they were excluded, and have subscribed again or chosen other themes since
    joined: int  # they have subscribed since

    @property
    def people(self) -> int:
        """How many there are in all."""
        return self.cancelled + self.refused + self.changed + self.joined


def unreached(dispatch: Dispatch) -> QuerySet[Subscription]:
    """Return the subscriptions to which a dispatch that follows this one would be sent.

    They are active now, are among its recipients, and neither have a copy of the issue nor may have one (uncertain).
    Addresses that do not exist are left out, and so are readers for whose language or themes the issue has nothing.
    """
    root = dispatch.follows or dispatch
    people = audience(dispatch.newsletter, to=root.frozen_recipients).filter(locale__in=_locales_of(root))
    people = people.exclude(_has(status__in=(*Delivery.GONE_OUT, *Delivery.WAITING), of=root))
    people = people.exclude(Exists(_deliveries(root).filter(status=Status.REJECTED).exclude(PASSING)))
    people = people.exclude(_has(reason=Reason.UNSENDABLE, of=root))
    for locale, theme_set in _without_stories(root):
        people = people.exclude(locale=locale, theme_set=theme_set)
    return people


def count_unreached(dispatch: Dispatch) -> Unreached:
    """Count the people whom the dispatch did not reach by what has happened to them so far: two queries."""
    root = dispatch.follows or dispatch
    people = unreached(dispatch).annotate(
        was_cancelled=_has(status=Status.CANCELLED, of=root),
        was_refused=_has(status=Status.REJECTED, of=root),
        is_known=Exists(_deliveries(root)),
    )
    return Unreached(
        **people.aggregate(
            cancelled=Count("pk", filter=Q(was_cancelled=True)),
            refused=Count("pk", filter=Q(was_cancelled=False, was_refused=True)),
            changed=Count("pk", filter=Q(was_cancelled=False, was_refused=False, is_known=True)),
            joined=Count("pk", filter=Q(is_known=False)),
        )
    )


def in_other_languages(dispatch: Dispatch) -> int:
    """Count the readers in whose language the issue, as it was sent, says nothing."""
    root = dispatch.follows or dispatch
    people = audience(dispatch.newsletter, to=root.frozen_recipients)
    return int(people.exclude(locale__in=_locales_of(root)).count())


def _locales_of(root: Dispatch) -> QuerySet[Edition, int]:
    editions = root.editions.filter(number=root.edition_number, theme_set=None)
    return editions.values_list("locale_id", flat=True)


def _deliveries(root: Dispatch) -> QuerySet[Delivery]:
    return Delivery.objects.filter(issue=root.issue_id, subscription=OuterRef("pk"))


def _has(*, of: Dispatch, **conditions: object) -> Exists:
    return Exists(_deliveries(of).filter(**conditions))


def _without_stories(root: Dispatch) -> list[tuple[int, int]]:
    """Return the pairs of language and theme set for which the issue turned out to have no story."""
    left_out = root.deliveries.filter(status=Status.EXCLUDED, reason=Reason.NO_STORIES).exclude(subscription=None)
    variants = set(left_out.values_list("subscription__locale", "subscription__theme_set").order_by().distinct())
    editions = root.editions.filter(number=root.edition_number).exclude(theme_set=None)
    return sorted(variants - set(editions.values_list("locale", "theme_set")))
