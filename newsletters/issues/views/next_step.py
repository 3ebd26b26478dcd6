"""What has to happen next with an issue, said to the person who looks at it, and what they may do about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from wagtail.admin.utils import get_user_display_name

from newsletters.issues.issue_state import Standing, approval_step, is_own_work, leads_to_approval
from newsletters.models.rights import Verb, users_with
from newsletters.publications.permissions import may
from newsletters.values.issue_states import IssueState

NAMED_AT_MOST = 4


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """A sentence, and the one thing that this person can do: `action` is empty where it is somebody else's turn."""

    words: str
    action: str = ""
    offers: tuple[str, ...] = field(default=())  # what else they may do

    def is_offered(self, action: str) -> bool:
        """Say whether the page shows this."""
        return action == self.action or action in self.offers


def next_step(stands: Standing, *, user: User, may_edit: bool, has_errors: bool, people: int) -> NextStep:
    """Return what comes next; `has_errors` says that the checks stop it, `people` how many would get it."""
    if has_errors:
        words = _("The checks found something that blocks it. Fix that first.")
        return NextStep(words=words, action="edit" if may_edit else "", offers=_of_review(stands, user=user))
    if stands.dispatch and stands.compiled and stands.compiled.content_hash == stands.dispatch.content_hash:
        words = _("Nothing that readers get has changed since the sending began.")
        return NextStep(words=words, action="edit" if may_edit else "")
    if stands.is_approved:
        return _after_approval(stands, user=user, people=people)
    if approval_step(stands.issue) or not leads_to_approval(stands.issue):
        return _to_approve(stands, user=user)
    return _to_submit(stands, may_edit=may_edit)


def _after_approval(stands: Standing, *, user: User, people: int) -> NextStep:
    if stands.dispatch:
        return _correction(stands, user=user)
    if stands.state == IssueState.SCHEDULED and stands.schedule:
        if stands.unasked:
            words = _("It will not be sent as scheduled: choose the time again, and agree to leave out {languages}.")
            words = words.format(languages=", ".join(stands.unasked))
            return NextStep(words=words, offers=_of_schedule(stands, user=user))
        words = _("It will be sent on {at}. Nothing needs to be done until then.").format(at=stands.schedule.at)
        return NextStep(words=words, offers=_of_schedule(stands, user=user))
    if not people:
        return NextStep(
            words=_("It is approved, but nobody would get it: nobody subscribes in its languages and to its themes.")
        )
    if may(user, "send", stands.issue.newsletter):
        return NextStep(words=_("It is approved: send it now, or choose a time."), action="send")
    return NextStep(
        words=_waits_for(_("It is approved. These people may send it: {people}."), verb="send", stands=stands)
    )


def _correction(stands: Standing, *, user: User) -> NextStep:
    if may(user, "send", stands.issue.newsletter):
        words = _("The correction is approved. It goes to those who have not got the issue yet.")
        return NextStep(words=words, action="correct")
    words = _("The correction is approved. These people may use it: {people}.")
    return NextStep(words=_waits_for(words, verb="send", stands=stands))


def _to_approve(stands: Standing, *, user: User) -> NextStep:
    offers = _of_review(stands, user=user)
    if not may(user, "approve", stands.issue.newsletter):
        words = _waits_for(
            _("It waits for an approval. These people may give it: {people}."), verb="approve", stands=stands
        )
        return NextStep(words=words, offers=offers)
    if is_own_work(stands.issue, user=user):
        words = _waits_for(
            _("You changed this issue since it was last approved, so someone else approves it: {people}."),
            verb="approve",
            stands=stands,
            but=user,
        )
        return NextStep(words=words, offers=offers)
    words = _("Look at the editions. If they may be sent exactly as they are, approve them.")
    return NextStep(words=words, action="approve", offers=offers)


def _to_submit(stands: Standing, *, may_edit: bool) -> NextStep:
    words = _("When it is ready, submit it: the approvers are told by mail.")
    if stands.sent_back:
        words = _("Changes were requested. Make them, then submit it again.")
    return NextStep(words=words, action="submit" if may_edit else "")


def _of_schedule(stands: Standing, *, user: User) -> tuple[str, ...]:
    return ("send", "unschedule") if may(user, "send", stands.issue.newsletter) else ()


def _of_review(stands: Standing, *, user: User) -> tuple[str, ...]:
    """Return what can be done besides approving with what waits in review: approvers send it back, others take it."""
    if not approval_step(stands.issue):
        return ()
    if may(user, "approve", stands.issue.newsletter):
        return ("send_back",)
    return ("take_back",) if stands.workflow_state and stands.workflow_state.user_can_cancel(user) else ()


def _waits_for(words: str, *, verb: Verb, stands: Standing, but: User | None = None) -> str:
    people = users_with(verb, stands.issue.newsletter)
    names = [get_user_display_name(user) for user in (people.exclude(pk=but.pk) if but else people)]
    shown = names[:NAMED_AT_MOST] or [_("an administrator")]
    more = [_("others")] if len(names) > NAMED_AT_MOST else []
    return words.format(people=get_text_list([*shown, *more], _("or")))
