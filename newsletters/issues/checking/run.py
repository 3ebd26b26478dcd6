"""Run every plugin's checks over an issue; a check that fails is itself a finding that blocks the sending."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import NoneType
from typing import get_args

from django.utils.functional import Promise, lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cms.plugins.fences import fenced, require_type
from cms.plugins.issue_checks import Finding, IssueCheck, IssueToCheck, Level, LinkState, Place
from cms.plugins.registry import issue_checks
from newsletters.audience.segments.rules import recipients_q
from newsletters.editions.compile_issue import CompiledIssue, compile_issue
from newsletters.exceptions import BrokenSegment, ChecksFailed, IssueProblem
from newsletters.issues.checking.places import place_name
from newsletters.issues.checking.reading import read_issue
from newsletters.models import IssuePage, Newsletter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class CheckedIssue:
    """An issue with its findings; `compiled` is None if it could not be compiled."""

    compiled: CompiledIssue | None
    findings: tuple[Finding, ...]
    links: Mapping[str, LinkState] = field(default_factory=dict)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that block approving and sending."""
        return tuple(finding for finding in self.findings if finding.level == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The findings that somebody should look at."""
        return tuple(finding for finding in self.findings if finding.level == "warning")

    @property
    def awaited_links(self) -> int:
        """How many links to other sites wait to be checked."""
        return sum(state.is_awaited for state in self.links.values())

    @property
    def links_checked_at(self) -> datetime | None:
        """When the oldest check of a link to another site was made; None if there was none."""
        return min((state.checked_at for state in self.links.values() if state.checked_at), default=None)


def check_issue(issue: IssuePage, *, newsletter: Newsletter, now: datetime) -> CheckedIssue:
    """Compile the issue and check it; if it cannot be compiled, or its segment cannot be read, that is a finding."""
    try:
        compiled = compile_issue(issue, newsletter=newsletter, now=now)
        recipients_q(compiled.recipients, newsletter=newsletter)
    except IssueProblem as problem:
        return CheckedIssue(compiled=None, findings=(_problem(problem),))
    subject, findings = _check(issue, compiled=compiled, now=now, checks=issue_checks())
    return CheckedIssue(compiled=compiled, findings=tuple(findings), links=subject.links if subject else {})


def _problem(problem: IssueProblem) -> Finding:
    return Finding(
        code="compile",
        level="error",
        message=str(problem),
        mend=_("Fix this first: the other checks need the finished mails."),
        place=problem.place,
        language=problem.language,
    )


def run_checks(
    issue: IssuePage,
    *,
    compiled: CompiledIssue,
    now: datetime,
    checks: Iterable[IssueCheck] | None = None,
    anew: bool = False,
) -> list[Finding]:
    """Return the findings: errors first, then in the order of the issue's blocks.

    `checks` are those of all plugins by default. `anew` reads the pictures' files even if their sizes are cached.
    The number of queries does not depend on the issue's size.
    """
    chosen = issue_checks() if checks is None else checks
    return _check(issue, compiled=compiled, now=now, checks=chosen, anew=anew)[1]


def _check(
    issue: IssuePage, *, compiled: CompiledIssue, now: datetime, checks: Iterable[IssueCheck], anew: bool = False
) -> tuple[IssueToCheck | None, list[Finding]]:
    """Return what was checked, or None if it could not be read, and the findings."""
    try:
        subject = read_issue(issue, compiled=compiled, now=now, anew=anew)
    except BrokenSegment as problem:
        return None, [_problem(problem)]
    except Exception:
        logger.exception("Issue %s could not be read for its checks", issue.pk)
        return None, [_could_not_run("reading", _("the issue’s pages and pictures"))]
    found = [finding for check in checks for finding in _run(check, subject)]
    order = {str(block.id): index for index, block in enumerate(issue.body)}
    merged = _merge(found, languages=[mail.language for mail in subject.mails])

    def rank(finding: Finding) -> tuple[bool, int, str]:
        return finding.level != "error", order.get(_block_id(finding), -1), finding.language

    return subject, sorted(merged, key=rank)


def _block_id(finding: Finding) -> str:
    return finding.place.block_id if finding.place else ""


def require_sound(issue: IssuePage, *, compiled: CompiledIssue, now: datetime) -> None:
    """Raise ChecksFailed, with the errors in its message, if the checks find any in the issue as it is now."""
    errors = {get_language(): _errors(issue, compiled=compiled, now=now, anew=True)}

    def message() -> str:
        if get_language() not in errors:  # findings are text, so another language needs a new run
            errors[get_language()] = _errors(issue, compiled=compiled, now=now)
        return _("The checks found problems that have to be fixed first. %(findings)s") % {
            "findings": errors[get_language()]
        }

    if any(errors.values()):
        raise ChecksFailed(lazy(message, str)())


def _errors(issue: IssuePage, *, compiled: CompiledIssue, now: datetime, anew: bool = False) -> str:
    found = run_checks(issue, compiled=compiled, now=now, anew=anew)
    return " ".join(
        f"{place_name(finding, issue=issue)}: {finding.message}" for finding in found if finding.level == "error"
    )


def _run(check: IssueCheck, subject: IssueToCheck) -> list[Finding]:
    found = fenced("issue check", lambda: _findings(check, subject), of=check, about=check.name, otherwise=None)
    return [_could_not_run(check.name, check.label)] if found is None else found  # what was not checked is not sent


def _findings(check: IssueCheck, subject: IssueToCheck) -> list[Finding]:
    """Return what the check finds, its texts in the active language; raise TypeError if these are no findings."""
    found = []
    for finding in check.run(subject):
        require_type(finding, Finding)
        require_type(finding.place, (Place, NoneType))
        if finding.level not in get_args(Level):
            raise ValueError(f"a finding's level is {finding.level!r}")
        message, mend = (str(require_type(text, (str, Promise))) for text in (finding.message, finding.mend))
        require_type(finding.code, str)
        require_type(finding.language, str)
        found.append(replace(finding, message=message, mend=mend))
    return found


def _could_not_run(name: str, label: str | Promise) -> Finding:
    return Finding(
        code=f"failed:{name}",
        level="error",
        message=_("A check could not run: %(label)s.") % {"label": label},
        mend=_("Nothing is sent unchecked. Whoever runs this server can look for “%(name)s” in its log.")
        % {"name": name},
    )


def _merge(findings: list[Finding], *, languages: list[str]) -> list[Finding]:
    """Merge a finding that holds in every language into one, and drop duplicates."""
    found: dict[Finding, dict[str, Finding]] = {}
    for finding in findings:
        found.setdefault(replace(finding, language=""), {}).setdefault(finding.language, finding)
    merged = []
    for by_language in found.values():
        if len(languages) > 1 and by_language.keys() >= set(languages):
            merged.append(replace(next(iter(by_language.values())), language=""))
        else:
            merged += by_language.values()
    return merged
