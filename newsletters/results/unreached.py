"""Whom a sending did not reach: those to whom the same issue may go once more, and why each of them is among them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from newsletters.audience.queries import audience
from newsletters.models import Delivery, Dispatch, Edition, Subscription
from newsletters.values.remarks import Remark

Status = Delivery.Status
Reason = Delivery.Reason
BounceClass = Delivery.BounceClass

# What a later sending may well reach: given up after many tries, or a full mailbox.
PASSING = Q(bounce_class__in=[BounceClass.FULL, BounceClass.LATER, BounceClass.OURS, BounceClass.SLOW]) | Q(
    reply__startswith=Remark.HUNG_UP
)


@dataclass(frozen=True, kw_only=True)
class Unreached:
    """How many people there are, by what became of them so far."""

    cancelled: int  # the sending was cancelled before it came to them
    refused: int  # their mailbox was full, or their server had not taken it after two days
    changed: int  # they were left out, and have subscribed again or chosen other themes since
    joined: int  # they have subscribed since

    @property
    def people(self) -> int:
        """All of them."""
        return self.cancelled + self.refused + self.changed + self.joined


def unreached(dispatch: Dispatch) -> QuerySet[Subscription]:
    """Return the subscriptions to which a dispatch that follows this one would go.

    They are active now and have no copy of the issue, nor may they have one: whoever is uncertain is left out, and
    so are addresses that do not exist, and those for whose language or themes it has nothing.
    """
    root = dispatch.follows or dispatch
    people = audience(dispatch.newsletter).filter(locale__in=_locales_of(root))
    people = people.exclude(_has(status__in=(*Delivery.GONE_OUT, *Delivery.WAITING), of=root))
    people = people.exclude(Exists(_deliveries(root).filter(status=Status.REJECTED).exclude(PASSING)))
    people = people.exclude(_has(reason=Reason.UNSENDABLE, of=root))
    for locale, theme_set in _without_stories(root):
        people = people.exclude(locale=locale, theme_set=theme_set)
    return people


def count_unreached(dispatch: Dispatch) -> Unreached:
    """Count them by what became of them so far: two queries."""
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
    """Count those in whose language the issue, as it was sent, says nothing."""
    return int(audience(dispatch.newsletter).exclude(locale__in=_locales_of(dispatch.follows or dispatch)).count())


def _locales_of(root: Dispatch) -> QuerySet[Edition, int]:
    editions = root.editions.filter(number=root.edition_number, theme_set=None)
    return editions.values_list("locale_id", flat=True)


def _deliveries(root: Dispatch) -> QuerySet[Delivery]:
    return Delivery.objects.filter(issue=root.issue_id, subscription=OuterRef("pk"))


def _has(*, of: Dispatch, **conditions: object) -> Exists:
    return Exists(_deliveries(of).filter(**conditions))


def _without_stories(root: Dispatch) -> list[tuple[int, int]]:
    """Return languages and sets of themes for which the issue was found to have no story."""
    left_out = root.deliveries.filter(status=Status.EXCLUDED, reason=Reason.NO_STORIES).exclude(subscription=None)
    variants = set(left_out.values_list("subscription__locale", "subscription__theme_set").order_by().distinct())
    told = root.editions.filter(number=root.edition_number).exclude(theme_set=None)
    return sorted(variants - set(told.values_list("locale", "theme_set")))
