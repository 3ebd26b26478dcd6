"""The conditions behind the filters of articles and activities in the Content API."""

from datetime import datetime

from django.db.models import Q, QuerySet

from cms.models import HubPage
from themes.models import ActivityPerson, ArticleAuthor


def coming_or_past(word: str, now: datetime) -> Q:
    """Return the condition for activities that are `coming` (or under way) or `past` at `now`."""
    return Q(ends_at__gte=now) if word == "coming" else Q(ends_at__lt=now)


def for_audience(word: str, _now: datetime) -> Q:
    """Return the condition for activities for `members`, `partnerships` or the `public`."""
    return Q(**{f"for_{word}": True})


def registration_is(word: str, now: datetime) -> Q:
    """Return the condition for activities whose registration is `open`, `full`, `closed` or `none` at `now`."""
    coming = Q(registration_closes_at__gt=now) | Q(registration_closes_at=None, starts_at__gt=now)
    past = Q(registration_closes_at__lte=now) | Q(registration_closes_at=None, starts_at__lte=now)
    has_form = ~Q(registration_url="")
    conditions = {
        "open": has_form & Q(is_full=False) & coming,
        "full": Q(is_full=True) & coming,
        "closed": (has_form | Q(is_full=True)) & past,
        "none": Q(registration_url="", is_full=False),
    }
    return conditions[word]


def by_person(key: int, _now: datetime) -> Q:
    """Return the condition for articles by the team member with this page, or with a translation of it."""
    return Q(pk__in=ArticleAuthor.objects.filter(member__in=_pages_of(key)).values("page_id"))


def with_person(key: int, _now: datetime) -> Q:
    """Return the condition for activities with the team member with this page, or with a translation of it."""
    return Q(pk__in=ActivityPerson.objects.filter(member__in=_pages_of(key)).values("page_id"))


def _pages_of(key: int) -> QuerySet[HubPage]:
    return HubPage.objects.filter(translation_key__in=HubPage.objects.filter(pk=key).values("translation_key"))
