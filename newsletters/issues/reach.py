"""Whom an issue would reach if it were sent now, and whom not, and why."""

from __future__ import annotations

from dataclasses import dataclass

from wagtail.models import Locale

from newsletters.audience.queries import Variant, readers_left_out, variants
from newsletters.editions.compile_edition import is_for_readers
from newsletters.editions.compile_issue import CompiledIssue
from newsletters.issues.edition_list import EditionRow, edition_rows
from newsletters.models import Delivery, IssuePage, Newsletter, Subscription


@dataclass(frozen=True, kw_only=True)
class EditionReach:
    """One edition and the number of its readers; if it says nothing for their themes, it is not sent."""

    variant: Variant
    is_sent: bool


@dataclass(frozen=True, kw_only=True)
class LanguageLeftOut:
    """A language in which the issue says nothing, and how many get no mail therefore."""

    locale: Locale
    people: int


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The editions that would be sent, and who would get none; `rows` are the same for a list.

    `left_out` are the languages in which the issue says nothing.
    """

    editions: tuple[EditionReach, ...]
    left_out: tuple[LanguageLeftOut, ...]
    rows: tuple[EditionRow, ...]
    got_it: int

    @property
    def sent(self) -> list[EditionReach]:
        """The editions that would go out, the most read first."""
        return [one for one in self.editions if one.is_sent]

    @property
    def without_stories(self) -> int:
        """How many follow no theme that the issue has a story on."""
        return sum(one.variant.people for one in self.editions if not one.is_sent)

    @property
    def people(self) -> int:
        """How many would get it."""
        return max(0, sum(one.variant.people for one in self.sent) - self.got_it)


def reach(issue: IssuePage, *, newsletter: Newsletter, compiled: CompiledIssue) -> Reach:
    """Return whom the issue would reach; who got it in a sending that was cancelled is counted in `got_it`."""
    editions = tuple(
        EditionReach(
            variant=variant,
            is_sent=is_for_readers(compiled.contents[variant.locale], followed=variant.followed),
        )
        for variant in variants(newsletter)
        if variant.locale in compiled.contents
    )
    counts = readers_left_out(newsletter, compiled.left_out)
    return Reach(
        editions=editions,
        left_out=tuple(
            LanguageLeftOut(locale=locale, people=counts[locale.language_code]) for locale in compiled.left_out
        ),
        rows=tuple(edition_rows(compiled, newsletter)),
        got_it=_got_it(issue, compiled=compiled),
    )


def _got_it(issue: IssuePage, *, compiled: CompiledIssue) -> int:
    theirs = Delivery.objects.filter(
        dispatch__issue_id=issue.pk,
        status__in=Delivery.GONE_OUT,
        subscription__status=Subscription.Status.ACTIVE,
        subscription__locale__in=list(compiled.contents),
    )
    return theirs.values("subscription").distinct().count()
