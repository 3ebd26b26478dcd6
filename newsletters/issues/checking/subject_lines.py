"""What the inbox shows: the subject and the preheader."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.plugins.issue_checks import Finding, IssueToCheck, MailToCheck, Place

LONGEST_SUBJECT = 50  # upright phones show 33 to 45 characters of it
FEWEST_CAPITALS = 6  # an abbreviation alone is not shouting


def check_subject_lines(issue: IssueToCheck) -> Iterator[Finding]:
    """Find subjects that are missing, cut off or shouting, and preheaders that add nothing."""
    for mail in issue.mails:
        yield from _subject(mail)
        yield from _preheader(mail)


def _subject(mail: MailToCheck) -> Iterator[Finding]:
    subject = mail.subject.strip()
    letters = [letter for letter in subject if letter.isalpha()]
    if not subject:
        yield Finding(
            code="subject-missing",
            level="error",
            message=_("The mail has no subject."),
            mend=_("Write one that says what is in this issue."),
            place=Place(part="subject"),
            language=mail.language,
        )
        return
    if len(subject) > LONGEST_SUBJECT:
        yield Finding(
            code="subject-long",
            level="warning",
            message=_("The subject is %(count)s characters long; phones cut it off.") % {"count": len(subject)},
            mend=ngettext(
                "Make it %(most)s character at most, or say what matters in the first 40.",
                "Make it %(most)s characters at most, or say what matters in the first 40.",
                LONGEST_SUBJECT,
            )
            % {"most": LONGEST_SUBJECT},
            place=Place(part="subject"),
            language=mail.language,
        )
    if len(letters) >= FEWEST_CAPITALS and all(letter.isupper() for letter in letters):
        yield Finding(
            code="subject-capitals",
            level="warning",
            message=_("The subject is in capitals only, like spam."),
            mend=_("Write it as a sentence."),
            place=Place(part="subject"),
            language=mail.language,
        )
    if subject.casefold() == mail.newsletter.strip().casefold():
        yield Finding(
            code="subject-plain",
            level="warning",
            message=_("The subject is only the newsletter’s name."),
            mend=_("Say what is in this issue; the name is shown beside it as the sender."),
            place=Place(part="subject"),
            language=mail.language,
        )


def _preheader(mail: MailToCheck) -> Iterator[Finding]:
    preheader = mail.preheader.strip()
    if not preheader:
        yield Finding(
            code="preheader-missing",
            level="warning",
            message=_("There is no preheader, so inboxes show the mail’s first words, such as “View online”."),
            mend=_("Write a sentence that adds to the subject."),
            place=Place(part="preheader"),
            language=mail.language,
        )
    elif preheader.casefold() == mail.subject.strip().casefold():
        yield Finding(
            code="preheader-repeats",
            level="warning",
            message=_("The preheader repeats the subject."),
            mend=_("Let it say what the subject does not."),
            place=Place(part="preheader"),
            language=mail.language,
        )
