"""Checks of an issue before it goes out: what is wrong, where, and how to mend it.

`run_checks` runs those of all plugins over a compiled issue, `check_issue` compiles it first, `require_sound` lets
nothing pass in which there is an error. The newsletter's own checks are in the modules of this package, one for each
kind; `newsletters.plugin` declares them as any plugin does.
"""

from cms.plugins.issue_checks import Finding
from newsletters.issues.checking.run import CheckedIssue, check_issue, require_sound, run_checks

__all__ = ["CheckedIssue", "Finding", "check_issue", "require_sound", "run_checks"]
