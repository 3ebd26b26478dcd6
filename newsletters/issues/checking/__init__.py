"""Checks of an issue before it is sent: what is wrong, where, and how to fix it.

`run_checks` runs the checks of all plugins over a compiled issue, `check_issue` compiles it first, and `require_sound`
raises if there is an error. The newsletter's own checks are in the modules of this package; `newsletters.plugin`
declares them as any plugin does.
"""

from cms.plugins.issue_checks import Finding
from newsletters.issues.checking.run import CheckedIssue, check_issue, require_sound, run_checks

__all__ = ["CheckedIssue", "Finding", "check_issue", "require_sound", "run_checks"]
