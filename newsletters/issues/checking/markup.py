"""The mail's HTML: its size, its language and direction, its headings, and what the MJML compiler reports."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.plugins.issue_checks import Finding, IssueToCheck, MailToCheck

MOST_BYTES = 102_400  # Gmail cuts off larger mails, and with them the link to unsubscribe
MANY_BYTES = 90_000


def check_size(issue: IssueToCheck) -> Iterator[Finding]:
    """Find editions that Gmail cuts off, or nearly."""
    for language in {edition.language: None for edition in issue.editions}:
        editions = [
            edition for edition in issue.editions if edition.language == language and edition.html_bytes > MANY_BYTES
        ]
        if not editions:
            continue
        largest = max(editions, key=lambda edition: edition.html_bytes)
        is_cut = largest.html_bytes > MOST_BYTES
        people = sum(edition.people for edition in editions if not is_cut or edition.html_bytes > MOST_BYTES)
        facts = {"size": round(largest.html_bytes / 1024), "count": people}
        yield Finding(
            code="html-too-large" if is_cut else "html-large",
            level="error" if is_cut else "warning",
            message=ngettext(
                "The mail is up to %(size)s kB for %(count)s reader; Gmail cuts it off after 100 kB.",
                "The mail is up to %(size)s kB for %(count)s readers; Gmail cuts it off after 100 kB.",
                people,
            )
            % facts,
            mend=_("Leave out a few stories, or shorten teasers; each story takes 3 to 5 kB."),
            language=language,
        )


def check_markup(issue: IssueToCheck) -> Iterator[Finding]:
    """Find mails whose language, direction, headings or unsubscribe link are wrong or missing."""
    for mail in issue.mails:
        yield from _language(mail)
        yield from _headings(mail)
        yield from _unsubscribe_link(mail)
        for remark in mail.compiler_remarks:
            yield Finding(
                code="mjml",
                level="warning",
                message=_("The mail’s template has a fault: %(remark)s") % {"remark": remark},
                mend=_("Ask whoever made the template to fix it. Until then, look at the mail in the preview."),
                language=mail.language,
            )


def _language(mail: MailToCheck) -> Iterator[Finding]:
    root = mail.document.html
    for name, wanted in (("lang", mail.language), ("dir", mail.direction)):
        given = str(root.get(name) or "") if root else ""
        if given.lower() != wanted.lower():
            yield Finding(
                code=f"{name}-wrong",
                level="error",
                message=_("The mail says “%(given)s” in %(attribute)s, not “%(wanted)s”; screen readers rely on it.")
                % {"given": given, "attribute": name, "wanted": wanted},
                mend=_("Ask whoever made the template to correct it."),
                language=mail.language,
            )


def _headings(mail: MailToCheck) -> Iterator[Finding]:
    headings = mail.document.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])
    levels = [int(heading.name[1]) for heading in headings]
    problems = []
    if levels.count(1) != 1:
        problems.append(_("it has %(count)s headings of the first level, not one") % {"count": levels.count(1)})
    if jumps := [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1]:
        problems.append(
            _("a heading of level %(from)s is followed by one of level %(to)s")
            % {
                "from": jumps[0][0],
                "to": jumps[0][1],
            }
        )
    if any(not heading.get_text(strip=True) for heading in headings):
        problems.append(_("a heading is empty"))
    for problem in problems:
        yield Finding(
            code="headings",
            level="warning",
            message=_("Readers who navigate by headings get lost: %(problem)s.") % {"problem": problem},
            mend=_("Fill in the title of the issue and of each story. If they are there, the template is at fault."),
            language=mail.language,
        )


def _unsubscribe_link(mail: MailToCheck) -> Iterator[Finding]:
    bodies = {"HTML": mail.html, _("plain text"): mail.text}
    for kind, body in bodies.items():
        if "%%unsubscribe_url%%" not in body:
            yield Finding(
                code="unsubscribe-missing",
                level="error",
                message=_("The mail (%(kind)s) has no link to unsubscribe.") % {"kind": kind},
                mend=_("Ask whoever made the template to put it back; the law requires it."),
                language=mail.language,
            )
