"""Whom an issue would reach if it were sent now, and whom it would not, and why."""

from __future__ import annotations

from dataclasses import dataclass

from wagtail.models import Locale

from newsletters.audience.queries import Variant, audience, readers_left_out, variants
from newsletters.audience.segments.rules import segment_words
from newsletters.editions.compile_edition import is_for_readers
from newsletters.editions.compile_issue import CompiledIssue
from newsletters.issues.edition_list import EditionRow, edition_rows
from newsletters.models import Delivery, FrozenSegment, IssuePage, Newsletter, Recipients, Subscription


@dataclass(frozen=True, kw_only=True)
class EditionReach:
    """One edition with its readers; it is not sent if it has nothing on their themes."""

    variant: Variant
    is_sent: bool


@dataclass(frozen=True, kw_only=True)
class LanguageLeftOut:
    """A language in which the issue says nothing, and how many readers therefore get no mail."""

    locale: Locale
    people: int


@dataclass(frozen=True, kw_only=True)
class SegmentReach:
    """A segment that the issue is sent to, or not sent to: its conditions in words, and how many readers meet them."""

    name: str
    words: str
    people: int


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The editions that would be sent, and the readers who would get none; `rows` show the same to staff.

    `left_out` are the languages in which the issue says nothing, `got_it` is how many readers have it already.
    `readers` is how many the newsletter has, None if the issue goes to all of them.
    """

    editions: tuple[EditionReach, ...]
    left_out: tuple[LanguageLeftOut, ...]
    rows: tuple[EditionRow, ...]
    got_it: int
    send_to: SegmentReach | None = None
    not_to: SegmentReach | None = None
    readers: int | None = None

    @property
    def sent(self) -> list[EditionReach]:
        """The editions that would be sent, the most read first."""
        return [edition for edition in self.editions if edition.is_sent]

    @property
    def recipients(self) -> int:
        """How many readers it is meant for, whether or not it says something to them."""
        in_editions = sum(edition.variant.people for edition in self.editions)
        return in_editions + sum(left_out.people for left_out in self.left_out)

    @property
    def without_stories(self) -> int:
        """How many readers follow no theme that the issue has a story on."""
        return sum(edition.variant.people for edition in self.editions if not edition.is_sent)

    @property
    def people(self) -> int:
        """How many readers would get it."""
        return max(0, sum(edition.variant.people for edition in self.sent) - self.got_it)


def reach(issue: IssuePage, *, newsletter: Newsletter, compiled: CompiledIssue, is_exact: bool = False) -> Reach:
    """Return whom the issue would reach; readers who got it in a cancelled sending are counted in `got_it`.

    `is_exact` is for those who may see the readers: the editions' lines say how many there are, however few.
    Raises BrokenSegment if a segment that it is sent to cannot be read.
    """
    editions = tuple(
        EditionReach(
            variant=variant,
            is_sent=is_for_readers(compiled.contents[variant.locale], followed=variant.followed),
        )
        for variant in variants(newsletter, to=compiled.recipients)
        if variant.locale in compiled.contents
    )
    counts = readers_left_out(newsletter, compiled.left_out, to=compiled.recipients)
    return Reach(
        editions=editions,
        left_out=tuple(
            LanguageLeftOut(locale=locale, people=counts[locale.language_code]) for locale in compiled.left_out
        ),
        rows=tuple(edition_rows(compiled, newsletter, is_exact=is_exact)),
        got_it=_got_it(issue, newsletter=newsletter, compiled=compiled),
        send_to=_segment(compiled.recipients.send_to, newsletter=newsletter),
        not_to=_segment(compiled.recipients.not_to, newsletter=newsletter),
        readers=audience(newsletter).count() if compiled.recipients.segments else None,
    )


def _segment(segment: FrozenSegment | None, *, newsletter: Newsletter) -> SegmentReach | None:
    if segment is None:
        return None
    return SegmentReach(
        name=segment.name,
        words=segment_words(segment.conditions, match=segment.match, newsletter=newsletter),
        people=audience(newsletter, to=Recipients(send_to=segment)).count(),
    )


def _got_it(issue: IssuePage, *, newsletter: Newsletter, compiled: CompiledIssue) -> int:
    received = Delivery.objects.filter(
        dispatch__issue_id=issue.pk,
        status__in=Delivery.GONE_OUT,
        subscription__status=Subscription.Status.ACTIVE,
        subscription__locale__in=list(compiled.contents),
    )
    if compiled.recipients.segments:
        received = received.filter(subscription__in=audience(newsletter, to=compiled.recipients))
    return received.values("subscription").distinct().count()
