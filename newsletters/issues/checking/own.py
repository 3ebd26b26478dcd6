"""The newsletter's own checks."""

from django.utils.translation import gettext_lazy as _

from cms.plugins.issue_checks import IssueCheck
from newsletters.issues.checking.contrast import check_contrast
from newsletters.issues.checking.editions import check_editions
from newsletters.issues.checking.links.targets import check_link_targets
from newsletters.issues.checking.links.words import check_link_words
from newsletters.issues.checking.markup import check_markup, check_size
from newsletters.issues.checking.pictures import check_pictures
from newsletters.issues.checking.placeholders import check_placeholders
from newsletters.issues.checking.senders import check_sender
from newsletters.issues.checking.sources import check_sources
from newsletters.issues.checking.statements import check_statements
from newsletters.issues.checking.subject_lines import check_subject_lines

ISSUE_CHECKS = (
    IssueCheck(name="subject-lines", label=_("subject and preheader"), run=check_subject_lines),
    IssueCheck(name="placeholders", label=_("placeholders left over"), run=check_placeholders),
    IssueCheck(name="sources", label=_("the pages of the stories"), run=check_sources),
    IssueCheck(name="pictures", label=_("pictures"), run=check_pictures),
    IssueCheck(name="link-words", label=_("the words of links"), run=check_link_words),
    IssueCheck(name="link-targets", label=_("where links lead"), run=check_link_targets),
    IssueCheck(name="size", label=_("the size of the mails"), run=check_size),
    IssueCheck(name="markup", label=_("the mails’ HTML"), run=check_markup),
    IssueCheck(name="contrast", label=_("contrast"), run=check_contrast),
    IssueCheck(name="editions", label=_("what each reader gets"), run=check_editions),
    IssueCheck(name="sender", label=_("the sender"), run=check_sender),
    IssueCheck(name="privacy-statement", label=_("the privacy statement"), run=check_statements),
)
