"""Whom an issue would reach if it were sent now, and whom not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from newsletters.actions.compile_issue import CompiledIssue
from newsletters.compile.edition import has_stories
from newsletters.models import Delivery, IssuePage, Newsletter, Subscription
from newsletters.queries import Variant, variants
from newsletters.reviewing.edition_list import EditionRow, edition_rows


@dataclass(frozen=True, kw_only=True)
class EditionReach:
    """One edition and the number of its readers; without stories for their themes they get nothing."""

    variant: Variant
    has_stories: bool


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The editions that would be sent, and who would get none; `rows` are the same for a list."""

    editions: tuple[EditionReach, ...]
    rows: tuple[EditionRow, ...]
    got_it: int

    @property
    def sent(self) -> list[EditionReach]:
        """The editions that would go out, the most read first."""
        return [one for one in self.editions if one.has_stories]

    @property
    def without_stories(self) -> int:
        """How many follow no theme that the issue has a story on."""
        return sum(one.variant.people for one in self.editions if not one.has_stories)

    @property
    def people(self) -> int:
        """How many would get it."""
        return max(0, sum(one.variant.people for one in self.sent) - self.got_it)


def reach(issue: IssuePage, *, newsletter: Newsletter, compiled: CompiledIssue) -> Reach:
    """Return whom the issue would reach; who got it in a sending that was cancelled is counted in `got_it`."""
    editions = tuple(
        EditionReach(
            variant=variant,
            has_stories=has_stories(compiled.contents[variant.locale], followed=variant.followed),
        )
        for variant in variants(newsletter)
    )
    return Reach(editions=editions, rows=tuple(edition_rows(compiled, newsletter)), got_it=_got_it(issue))


def _got_it(issue: IssuePage) -> int:
    theirs: Any = Delivery.objects.filter(
        dispatch__issue_id=issue.pk,
        status__in=Delivery.GONE_OUT,
        subscription__status=Subscription.Status.ACTIVE,
    )
    return theirs.values("subscription").distinct().count()
