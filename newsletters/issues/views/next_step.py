"""What has to happen next with an issue, and what the person who looks at it may do."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from wagtail.admin.utils import get_user_display_name

from newsletters.audience.queries import all_have_paused
from newsletters.issues.issue_state import IssueStatus, approval_step, is_own_work, leads_to_approval
from newsletters.models import Newsletter
from newsletters.models.rights import Verb, users_with
from newsletters.publications.permissions import may
from newsletters.values.issue_states import IssueState

NAMED_AT_MOST = 4


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What happens next, in words, and what this person can do; `action` is empty if somebody else has to act."""

    words: str
    action: str = ""
    offers: tuple[str, ...] = field(default=())  # other actions that they may take

    def is_offered(self, action: str) -> bool:
        """Say whether the page shows this action."""
        return action == self.action or action in self.offers


def next_step(status: IssueStatus, *, user: User, may_edit: bool, has_errors: bool, people: int) -> NextStep:
    """Return the next step; with `has_errors` the checks block the issue, `people` is how many would get it."""
    if has_errors:
        words = _("The checks found something that blocks it. Fix that first.")
        return NextStep(words=words, action="edit" if may_edit else "", offers=_of_review(status, user=user))
    if status.dispatch and status.compiled and status.compiled.content_hash == status.dispatch.content_hash:
        words = _("Nothing that readers get has changed since the sending began.")
        return NextStep(words=words, action="edit" if may_edit else "")
    if status.is_approved:
        return _after_approval(status, user=user, people=people)
    if approval_step(status.issue) or not leads_to_approval(status.issue):
        return _to_approve(status, user=user)
    return _to_submit(status, may_edit=may_edit)


def _after_approval(status: IssueStatus, *, user: User, people: int) -> NextStep:
    if status.dispatch:
        return _correction(status, user=user)
    if status.state == IssueState.SCHEDULED and status.schedule:
        if status.unasked:
            words = _("It will not be sent as scheduled: choose the time again, and agree to leave out {languages}.")
            words = words.format(languages=", ".join(status.unasked))
            return NextStep(words=words, offers=_of_schedule(status, user=user))
        words = _("It will be sent on {at}. Nothing needs to be done until then.").format(at=status.schedule.at)
        return NextStep(words=words, offers=_of_schedule(status, user=user))
    if not people:
        return NextStep(words=_why_nobody(status.issue.newsletter))
    if may(user, "send", status.issue.newsletter):
        return NextStep(words=_("It is approved: send it now, or choose a time."), action="send")
    return NextStep(
        words=_waits_for(_("It is approved. These people may send it: {people}."), verb="send", status=status)
    )


def _why_nobody(newsletter: Newsletter) -> str:
    if all_have_paused(newsletter):
        return _("It is approved, but nobody would get it: all readers have paused the newsletter.")
    return _("It is approved, but nobody would get it: nobody subscribes in its languages and to its themes.")


def _correction(status: IssueStatus, *, user: User) -> NextStep:
    if may(user, "send", status.issue.newsletter):
        words = _("The correction is approved. It goes to those who have not got the issue yet.")
        return NextStep(words=words, action="correct")
    words = _("The correction is approved. These people may use it: {people}.")
    return NextStep(words=_waits_for(words, verb="send", status=status))


def _to_approve(status: IssueStatus, *, user: User) -> NextStep:
    offers = _of_review(status, user=user)
    if not may(user, "approve", status.issue.newsletter):
        words = _waits_for(
            _("It waits for an approval. These people may give it: {people}."), verb="approve", status=status
        )
        return NextStep(words=words, offers=offers)
    if is_own_work(status.issue, user=user):
        words = _waits_for(
            _("You changed this issue since it was last approved, so someone else approves it: {people}."),
            verb="approve",
            status=status,
            but=user,
        )
        return NextStep(words=words, offers=offers)
    words = _("Look at the editions. If they may be sent exactly as they are, approve them.")
    return NextStep(words=words, action="approve", offers=offers)


def _to_submit(status: IssueStatus, *, may_edit: bool) -> NextStep:
    words = _("When it is ready, submit it: the approvers get a mail.")
    if status.sent_back:
        words = _("Changes were requested. Make them, then submit it again.")
    return NextStep(words=words, action="submit" if may_edit else "")


def _of_schedule(status: IssueStatus, *, user: User) -> tuple[str, ...]:
    return ("send", "unschedule") if may(user, "send", status.issue.newsletter) else ()


def _of_review(status: IssueStatus, *, user: User) -> tuple[str, ...]:
    """Return what can be done in review besides approving: approvers may send it back, others may take it back."""
    if not approval_step(status.issue):
        return ()
    if may(user, "approve", status.issue.newsletter):
        return ("send_back",)
    return ("take_back",) if status.workflow_state and status.workflow_state.user_can_cancel(user) else ()


def _waits_for(words: str, *, verb: Verb, status: IssueStatus, but: User | None = None) -> str:
    people = users_with(verb, status.issue.newsletter)
    names = [get_user_display_name(user) for user in (people.exclude(pk=but.pk) if but else people)]
    shown = names[:NAMED_AT_MOST] or [_("an administrator")]
    more = [_("others")] if len(names) > NAMED_AT_MOST else []
    return words.format(people=get_text_list([*shown, *more], _("or")))
