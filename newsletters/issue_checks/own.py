"""The checks that the newsletter itself brings."""

from django.utils.translation import gettext_lazy as _

from cms.issue_checks import IssueCheck
from newsletters.issue_checks.contrast import check_contrast
from newsletters.issue_checks.editions import check_editions
from newsletters.issue_checks.link_targets import check_link_targets
from newsletters.issue_checks.link_words import check_link_words
from newsletters.issue_checks.markup import check_markup, check_size
from newsletters.issue_checks.pictures import check_pictures
from newsletters.issue_checks.placeholders import check_placeholders
from newsletters.issue_checks.senders import check_sender
from newsletters.issue_checks.sources import check_sources
from newsletters.issue_checks.subject_lines import check_subject_lines

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
)
