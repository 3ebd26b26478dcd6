"""Small changes to an issue without findings, as the checks see it."""

from __future__ import annotations

from dataclasses import replace

from cms.plugins.issue_checks import IssueToCheck
from cms.testing import example_issue

SOUND = example_issue()
(MAIL,) = SOUND.mails
(STORY,) = MAIL.stories


def with_html(extra: str = "", *, alt: str = "A map on a wall") -> IssueToCheck:
    """Return the sound issue with `extra` in its mail, after the salutation."""
    html = MAIL.html.replace("%%salutation%%</p>", f"%%salutation%%</p>{extra}").replace("A map on a wall", alt)
    return example_issue(html=html)


def with_sender(**changes: str) -> IssueToCheck:
    """Return the sound issue from somebody else."""
    return replace(SOUND, sender=replace(SOUND.sender, **changes))
