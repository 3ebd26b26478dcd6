"""Who gets a newsletter, in which language and with which themes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import perf_counter

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Mod
from django.utils import timezone
from wagtail.models import Locale, Site

from cms.content.queries import public_pages
from newsletters.audience.segments.rules import recipients_q
from newsletters.editions.public_copy import online_url
from newsletters.models import ALL_READERS, Edition, FrozenSegment, Newsletter, Recipients, Subscription, ThemeSet

SAMPLE = 101  # a prime: readers are numbered as they come, and no pattern in their order is likely to fit it
SELDOM = 100  # counting a segment for a list takes at most one second in so many


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A language and a set of themes that occur together in the audience, and for how many people."""

    locale: Locale
    theme_set: ThemeSet
    people: int

    @property
    def followed(self) -> frozenset[str]:
        """The slugs of the themes in the set."""
        return frozenset(self.theme_set.key.split())

    @property
    def key(self) -> tuple[int, int]:
        """The keys of the language and of the set of themes."""
        return self.locale.pk, self.theme_set.pk


def public_newsletters(*, site: Site, now: datetime) -> QuerySet[Newsletter]:
    """Return the newsletters that have a public page on this site: people can subscribe to these."""
    return Newsletter.objects.filter(pages__in=public_pages(site=site, now=now).values("pk")).distinct()


def latest_issue_url(newsletter: Newsletter, *, locale: Locale, now: datetime) -> str:
    """Return the address of the newest sent issue that everybody may read in this language, empty if there is none."""
    page = newsletter.pages.first()
    site = page.get_site() if page else None
    if site is None:
        return ""
    sent = Edition.objects.in_archive().filter(dispatch__newsletter=newsletter, locale=locale)
    public = sent.filter(dispatch__issue__in=public_pages(site=site, now=now).values("pk"))
    newest = public.order_by("-dispatch__issue__issue_date", "-dispatch").values_list("dispatch__issue", flat=True)
    issue_pk = newest.first()
    return online_url(issue_pk, locale.language_code) if issue_pk else ""


def audience(newsletter: Newsletter, *, to: Recipients = ALL_READERS) -> QuerySet[Subscription]:
    """Return the subscriptions to which an issue for these recipients would be sent now; raise BrokenSegment."""
    return Subscription.objects.filter(
        _is_not_paused(),
        recipients_q(to, newsletter=newsletter),
        newsletter=newsletter,
        status=Subscription.Status.ACTIVE,
        locale__newsletter_texts__newsletter=newsletter,
    )


def all_have_paused(newsletter: Newsletter) -> bool:
    """Say whether the newsletter has active subscriptions, and all of them are paused."""
    active = newsletter.subscriptions.filter(status=Subscription.Status.ACTIVE)
    return active.exists() and not active.filter(_is_not_paused()).exists()


def _is_not_paused() -> Q:
    return Q(paused_until=None) | Q(paused_until__lte=timezone.localdate())


def variants(newsletter: Newsletter, *, to: Recipients = ALL_READERS) -> list[Variant]:
    """Return the variants of the audience, those with most readers first; raise BrokenSegment."""
    rows = audience(newsletter, to=to).values("locale", "theme_set").annotate(people=Count("*")).order_by("-people")
    locales, theme_sets = Locale.objects.in_bulk(), ThemeSet.objects.in_bulk()
    return [
        Variant(locale=locales[row["locale"]], theme_set=theme_sets[row["theme_set"]], people=row["people"])
        for row in rows
    ]


def recent_count(newsletter: Newsletter, segment: FrozenSegment) -> int:
    """Return how many readers are in the segment, or were a moment ago; raise BrokenSegment.

    A count that took long is kept for a hundred times as long, so that counting never takes much of a server's time.
    """
    people = audience(newsletter, to=Recipients(send_to=segment))
    key = f"hub_newsletters.segment.{newsletter.pk}.{sha256(segment.fingerprint.encode()).hexdigest()}"
    found: int | None = cache.get(key)
    if found is None:
        begin = perf_counter()
        found = people.count()
        cache.set(key, found, timeout=SELDOM * (perf_counter() - begin))
    return found


def estimated_count(newsletter: Newsletter, segment: FrozenSegment) -> int:
    """Return about how many readers are in the segment, from one reader in `SAMPLE`, in two digits that count.

    Raises BrokenSegment. For a share p of a million readers the standard error is about 10,000 times √(p·(1-p)).
    """
    people = audience(newsletter, to=Recipients(send_to=segment))
    about = SAMPLE * people.alias(part=Mod("pk", SAMPLE)).filter(part=0).count()
    return round(about, 2 - len(str(about)))


def readers_left_out(
    newsletter: Newsletter, locales: Collection[Locale], *, to: Recipients = ALL_READERS
) -> dict[str, int]:
    """Return how many of the recipients get the newsletter in each of these languages, by language code."""
    people = (
        audience(newsletter, to=to).filter(locale__in=locales).values_list("locale").order_by().annotate(Count("pk"))
    )
    counts = dict(people) if locales else {}
    return {locale.language_code: counts.get(locale.pk, 0) for locale in locales}
