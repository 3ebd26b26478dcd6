"""The check of issues with vacancies."""

from collections.abc import Iterator

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from cms.plugins.issue_checks import Finding, IssueToCheck


def check_open(issue: IssueToCheck) -> Iterator[Finding]:
    """Yield a finding for each vacancy that is closed."""
    for mail in issue.mails:
        for story in mail.stories:
            closes_at = parse_datetime(story.facts["closes_at"]) if story.type == "vacancy" else None
            if closes_at and closes_at < issue.now:
                yield Finding(
                    code="vacancy-closed",
                    level="error",
                    message=_("This vacancy is closed."),
                    mend=_("Take it out of the issue."),
                    place=story.place,
                    language=mail.language,
                )
