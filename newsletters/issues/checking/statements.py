"""Privacy statements: readers of every language can read what happens to their data."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from cms.plugins.issue_checks import Finding, IssueToCheck, Place


def check_statements(issue: IssueToCheck) -> Iterator[Finding]:
    """Find languages without a privacy statement; this blocks a newsletter's first sending."""
    for language in issue.without_statement:
        yield Finding(
            code="privacy-statement",
            level="error" if issue.is_first_sending else "warning",
            message=_("The newsletter has no privacy statement in this language, or nobody can open it."),
            mend=_("An administrator can choose a page or fill in a link under Subscribers → Newsletters."),
            place=Place(part="newsletter"),
            language=language,
        )
