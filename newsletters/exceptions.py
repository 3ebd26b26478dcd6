"""Errors of the newsletter.

NewsletterError
├── NothingToGather         no page fits the issue's window, themes and tags
├── IssueProblem            the issue cannot be compiled as it is
│   ├── NoWords             the issue is not written in a language
│   ├── NoSubject           it says something in a language, but has no subject there
│   ├── SaysNothing         it says nothing in any language
│   ├── BrokenSegment       the segment that it is sent to cannot be read
│   ├── RichTextTooDeep     rich text that is too large or too deeply nested for a mail
│   └── MailTooDeep         the same for a whole mail
├── ApprovalRefused         the issue may not be approved now, or not by this user
│   ├── OwnWork             the user changed the issue
│   ├── NotSubmitted        nobody submitted it for approval
│   └── NoWorkflow          no workflow leads to an approval
├── NotAllowed              the user has no right to this
├── NotInvited              staff may not invite this address
├── ReadersChanged          other readers match than those who were confirmed
├── LanguagesLeftOut        nobody agreed to leave out a language
├── SegmentInUse            an issue is to be sent to the segment
├── ScheduleRefused         the issue cannot be scheduled for that time
├── CorrectionRefused       the sending cannot be corrected now
├── SendingRefused          the issue may not be sent now
│   ├── ChecksFailed        the checks found an error
│   ├── NotApproved         nobody approved this content
│   ├── NoAudience          nobody would get it
│   │   └── EverybodyPaused all readers have paused the newsletter
│   └── AlreadySent         the issue has a dispatch
├── TooManyTests            the user sent too many test mails
├── MailboxDown             the mailbox for bounces cannot be read
├── JournalUnreadable       the journal of erased addresses cannot be read
├── TableUnreadable         an uploaded file cannot be read as a table
│   ├── NotATable           it is something else
│   ├── OldTable            it is an old Excel file, or protected with a password
│   ├── PackedTable         it is a ZIP archive with other files in it
│   ├── DamagedTable        it ends too early, or its parts contradict each other
│   ├── EmptyTable          there is nothing in it
│   ├── NoHeader            its first row does not name the columns
│   ├── DoubledColumns      two columns have the same name
│   ├── BrokenEncoding      it has bytes that its encoding does not know
│   └── TableTooLarge       the file, a row or a cell is larger than the settings allow
└── WrongToken              a personal link that is not ours

The docstring of each class is its default message to users.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from cms.plugins.issue_checks import Place


class NewsletterError(Exception):
    """Something is wrong with the newsletter."""

    def __init__(self, message: str | Promise | None = None) -> None:
        super().__init__(message or gettext_lazy(self.__doc__ or type(self).__name__))


class NothingToGather(NewsletterError):
    """No page fits: everything published in this period is already in an issue. Choose the pages yourself."""


class IssueProblem(NewsletterError):
    """The issue cannot become a mail as it is."""

    place: Place | None = None  # where it can be fixed, if that is known
    language = ""


@contextmanager
def problems_at(place: Place, *, language: str) -> Iterator[None]:
    """Add the place and the language to an IssueProblem that is raised within."""
    try:
        yield
    except IssueProblem as problem:
        if problem.place is None:
            problem.place, problem.language = place, language
        raise


class NoWords(IssueProblem):
    """The issue is not written in this language."""


class NoSubject(IssueProblem):
    """The issue has no subject in one of its languages."""


class SaysNothing(IssueProblem):
    """The issue says nothing yet. Write an intro or a block of your own, or gather stories."""


class BrokenSegment(IssueProblem):
    """The segment names something that is gone. Change its conditions, or choose another segment."""

    place = Place(part="recipients")


class RichTextTooDeep(IssueProblem):
    """The text is too long or too deeply nested for a mail. Remove the formatting and try again."""


class NotInvited(NewsletterError):
    """They are subscribed, they left, or their address is suppressed."""


class NotAllowed(NewsletterError, PermissionDenied):
    """You are not allowed to do this. Ask whoever gives rights in the settings of groups and of the newsletter."""


class ApprovalRefused(NewsletterError):
    """The issue cannot be approved now."""


class OwnWork(ApprovalRefused):
    """You changed this issue since it was last approved. Someone else has to approve it."""


class NotSubmitted(ApprovalRefused):
    """Nobody has submitted this issue for approval. Submit it first."""


class NoWorkflow(ApprovalRefused):
    """No workflow leads to an approval of this issue. An administrator can set one up."""


class ReadersChanged(NewsletterError):
    """By now other readers match. Look at the number again."""


class LanguagesLeftOut(NewsletterError):
    """The issue says nothing in one of the newsletter's languages, and nobody agreed to leave out that language."""


class SegmentInUse(NewsletterError):
    """An issue that has not been sent yet is to be sent to this segment, or not to be sent to it."""


class ScheduleRefused(NewsletterError):
    """The issue cannot be scheduled now."""


class CorrectionRefused(NewsletterError):
    """The sending cannot be corrected now. Pause it first."""


class MailTooDeep(IssueProblem):
    """The mail would be too large or too deeply nested. Shorten its texts, or send two issues."""


class SendingRefused(NewsletterError):
    """The issue may not be sent now."""


class ChecksFailed(SendingRefused):
    """The checks found problems that have to be fixed first."""


class NotApproved(SendingRefused):
    """The content has changed since it was approved, or nobody approved it yet. Ask for approval, then send."""


class NoAudience(SendingRefused):
    """Nobody would get this issue: the newsletter has no active subscriptions in its languages."""


class EverybodyPaused(NoAudience):
    """Nobody would get this issue: all readers of the newsletter have paused it."""


class AlreadySent(SendingRefused):
    """This issue is being sent or was sent; it cannot be sent again."""


class TooManyTests(NewsletterError):
    """You have sent many test mails within the last hour. Wait a while, or look at the preview."""


class TableUnreadable(NewsletterError):
    """This file cannot be read as a table."""


class NotATable(TableUnreadable):
    """This file is not a table. Upload a file of the kind CSV, XLSX or ODS."""


class OldTable(TableUnreadable):
    """This is an old Excel file (.xls) or a file with a password. Save it as .xlsx without a password."""


class PackedTable(TableUnreadable):
    """This is a ZIP archive. Unpack it, and upload the files in it one by one."""


class DamagedTable(TableUnreadable):
    """This file is damaged. Save or download it once more, and try again."""


class EmptyTable(TableUnreadable):
    """There is nothing in this file."""


class NoHeader(TableUnreadable):
    """The first row must hold the names of the columns. Add such a row, and try again."""


class DoubledColumns(TableUnreadable):
    """Two columns have the same name."""


class BrokenEncoding(TableUnreadable):
    """This file has characters that its encoding does not know. Choose another encoding, or save the file as UTF-8."""


class TableTooLarge(TableUnreadable):
    """This file is too large."""


class MailboxDown(NewsletterError):
    """The mailbox for bounces cannot be read now."""


class JournalUnreadable(NewsletterError):
    """The journal of erased addresses cannot be read."""


class WrongToken(NewsletterError):
    """This link does not work."""
