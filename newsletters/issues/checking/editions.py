"""What each part of the audience gets: readers who chose themes expect more than what everyone gets."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.plugins.issue_checks import EditionToCheck, Finding, IssueToCheck, LeftOutLanguage, Place

MOST_NAMED = 4


def check_editions(issue: IssueToCheck) -> Iterator[Finding]:
    """Find segments without readers, languages in which nobody gets a mail, and readers for whom no story fits.

    An issue without a story in any language is meant to have words alone.
    """
    yield from _segments(issue)
    yield from (_language(left_out) for left_out in issue.languages_left_out)
    has_stories = any(mail.stories for mail in issue.mails)
    for language in {edition.language: None for edition in issue.editions}:
        bare = [
            edition
            for edition in issue.editions
            if edition.language == language and not edition.story_count and edition.people
        ]
        for code in ("edition-empty", "edition-lead-only", "edition-own-only"):
            editions = [edition for edition in bare if _code(edition) == code]
            if editions and (has_stories or code != "edition-own-only"):
                yield _finding(editions, code=code)


def _segments(issue: IssueToCheck) -> Iterator[Finding]:
    place = Place(part="recipients")
    for segment in issue.segments:
        if not segment.people:
            message = _("No reader is in the segment “%(segment)s”.") % {"segment": segment.name}
            yield Finding(
                code="segment-empty",
                level="warning" if segment.is_left_out else "error",
                message=message,
                mend=_("Change the segment’s conditions, or choose another segment."),
                place=place,
            )
    people = sum(edition.people for edition in issue.editions)
    people += sum(left_out.people for left_out in issue.languages_left_out)
    if not people and len(issue.segments) > 1 and all(segment.people for segment in issue.segments):
        yield Finding(
            code="segments-leave-nobody",
            level="error",
            message=_("Every reader in the segment that it is sent to is also in the segment that it is not sent to."),
            mend=_("Choose another segment, or none."),
            place=place,
        )


def _code(edition: EditionToCheck) -> str:
    if edition.has_lead:
        return "edition-lead-only"
    return "edition-own-only" if edition.has_own_words else "edition-empty"


def _language(left_out: LeftOutLanguage) -> Finding:
    message = ngettext(
        "The issue says nothing in this language: %(count)s reader gets no mail.",
        "The issue says nothing in this language: %(count)s readers get no mail.",
        left_out.people,
    )
    return Finding(
        code="language-left-out",
        level="warning",
        message=message % {"count": left_out.people},
        mend=_(
            "Write an intro or a block in it, or translate the pages of its stories. To send it without this language, "
            "agree to that when you approve and send it."
        ),
        place=Place(part="intro"),
        language=left_out.language,
    )


def _finding(editions: list[EditionToCheck], *, code: str) -> Finding:
    people = sum(edition.people for edition in editions)
    words = {"count": people, "themes": _themes(editions)}
    if code == "edition-lead-only":
        message = ngettext(
            "%(count)s reader gets the lead story and nothing else: there is no story for those who follow %(themes)s.",
            "%(count)s readers get the lead story and nothing else: there is no story for those who follow %(themes)s.",
            people,
        )
    elif code == "edition-own-only":
        message = ngettext(
            "%(count)s reader gets your own words and nothing else: there is no story for those who follow %(themes)s.",
            "%(count)s readers get your own words and nothing else: there is no story for those who follow %(themes)s.",
            people,
        )
    else:
        message = ngettext(
            "%(count)s reader gets no mail: there is no story for those who follow %(themes)s.",
            "%(count)s readers get no mail: there is no story for those who follow %(themes)s.",
            people,
        )
    return Finding(
        code=code,
        level="warning",
        message=message % words,
        mend=_("Add a story on one of these themes, or one without a theme, which everyone gets."),
        place=Place(part="stories"),
        language=editions[0].language,
    )


def _themes(editions: list[EditionToCheck]) -> str:
    names = [f"“{edition.themes}”" if edition.themes else _("no theme") for edition in editions]
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
