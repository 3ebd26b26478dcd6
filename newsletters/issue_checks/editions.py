"""What each part of the audience gets: the intro alone, or the lead alone, is little for a mail."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.issue_checks import EditionToCheck, Finding, IssueToCheck, Place

MOST_NAMED = 4


def check_editions(issue: IssueToCheck) -> Iterator[Finding]:
    """Find readers for whom no story fits: they get nothing, or no more than everyone gets."""
    for language in {edition.language: None for edition in issue.editions}:
        bare = [e for e in issue.editions if e.language == language and not e.story_count and e.people]
        for has_lead in (False, True):
            if editions := [each for each in bare if each.has_lead == has_lead]:
                yield _finding(editions, has_lead=has_lead)


def _finding(editions: list[EditionToCheck], *, has_lead: bool) -> Finding:
    people = sum(each.people for each in editions)
    words = {"count": people, "themes": _themes(editions)}
    if has_lead:
        message = ngettext(
            "%(count)s reader gets the lead story and nothing else: there is no story for who follows %(themes)s.",
            "%(count)s readers get the lead story and nothing else: there is no story for who follows %(themes)s.",
            people,
        )
    else:
        message = ngettext(
            "%(count)s reader gets no mail: there is no story for who follows %(themes)s.",
            "%(count)s readers get no mail: there is no story for who follows %(themes)s.",
            people,
        )
    return Finding(
        code="edition-lead-only" if has_lead else "edition-empty",
        level="warning",
        message=message % words,
        mend=_("Add a story on one of these themes, or one without a theme, which everyone gets."),
        place=Place(part="stories"),
        language=editions[0].language,
    )


def _themes(editions: list[EditionToCheck]) -> str:
    names = [f"“{each.themes}”" if each.themes else _("no theme") for each in editions]
    if len(names) > MOST_NAMED:
        rest = len(names) - MOST_NAMED
        more = ngettext("%(count)s other set of themes", "%(count)s other sets of themes", rest) % {"count": rest}
        names = [*names[:MOST_NAMED], more]
    return (
        names[0]
        if len(names) == 1
        else _("%(some)s or %(last)s")
        % {
            "some": ", ".join(names[:-1]),
            "last": names[-1],
        }
    )
