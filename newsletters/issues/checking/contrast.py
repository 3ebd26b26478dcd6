"""Contrast: text in the newsletter's colours can be read on its background (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from cms.plugins.issue_checks import Finding, IssueToCheck, Place
from newsletters.values.contrast import LEAST, contrast

HARDLY = 3.0


def check_contrast(issue: IssueToCheck) -> Iterator[Finding]:
    """Find text that is hard to read on its background, in the light and the dark scheme."""
    for pair in issue.colours:
        ratio = contrast(pair.text, pair.ground)
        if ratio < LEAST:
            yield Finding(
                code="contrast",
                level="error" if ratio < HARDLY else "warning",
                message=_("%(name)s is hard to read: %(text)s on %(ground)s has a contrast of %(ratio)s to 1.")
                % {"name": pair.name, "text": pair.text, "ground": pair.ground, "ratio": f"{ratio:.1f}"},
                mend=_("An administrator can choose colours with a contrast of at least 4.5 to 1."),
                place=Place(part="newsletter"),
            )
