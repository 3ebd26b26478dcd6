"""The step of a Wagtail workflow in which an issue is approved."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask, Task, TaskState

from newsletters.models.rights import AnyUser, has_right

APPROVE = "hub_newsletters.approve_issuepage"


class IssueApprovalTask(AbstractGroupApprovalTask):
    """Someone with the right to approve issues looks at every edition and approves exactly that content.

    The permission alone says who may approve, so there are no groups to choose, as there are in Wagtail's own task.
    Approving leads through the review page, because an approval is bound to what is shown there.
    """

    admin_form_fields = Task.admin_form_fields

    class Meta:
        verbose_name = _("issue approval")
        verbose_name_plural = _("issue approvals")

    @property
    def groups(self) -> QuerySet[Group]:
        """The groups with the right to approve, whose members Wagtail notifies by mail."""
        app_label, codename = APPROVE.split(".")
        return Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=app_label)

    def _user_in_groups(self, user: AnyUser) -> bool:
        return has_right(user, "approve", None)

    def user_can_access_editor(self, obj: Model, user: AnyUser) -> bool:
        """Let users look at it who may approve issues of its newsletter."""
        return _may_approve(user, obj)

    def locked_for_user(self, obj: Model, user: AnyUser) -> bool:
        """Lock it for everyone else."""
        return not _may_approve(user, obj)

    def user_can_lock(self, obj: Model, user: AnyUser) -> bool:
        """Let users lock it who may approve it."""
        return _may_approve(user, obj)

    def get_task_states_user_can_moderate(self, user: AnyUser, **kwargs: object) -> QuerySet[TaskState]:
        """Return the states of issues that this user may approve."""
        waiting = super().get_task_states_user_can_moderate(user, **kwargs)
        if user.has_perm(APPROVE):
            return waiting
        mine = [
            state.pk
            for state in waiting.select_related("workflow_state")
            if _may_approve(user, state.workflow_state.content_object)
        ]
        return waiting.filter(pk__in=mine)

    def get_actions(self, obj: Model, user: AnyUser) -> list[tuple[str, str | Promise, bool]]:
        """Offer to review the issue, or to send it back with a comment."""
        if not _may_approve(user, obj):
            return []
        return [("approve", _("Review and approve"), False), ("reject", _("Request changes"), True)]

    def on_action(self, task_state: TaskState, user: AnyUser, action_name: str, **kwargs: object) -> str | None:
        """Send it back as asked; instead of approving, lead to the review page, where the approver sees it."""
        if action_name == "approve":
            return reverse("newsletters_admin:review", args=[task_state.workflow_state.object_id])
        super().on_action(task_state, user, action_name, **kwargs)
        return None

    @classmethod
    def get_description(cls) -> str | Promise:
        """Describe the step where administrators choose one."""
        return _("Everyone with the right to approve issues can approve exactly what will be sent")


def _may_approve(user: AnyUser, obj: Model) -> bool:
    """Say whether the user may approve this; what is not an issue has no newsletter, and needs the right for all."""
    newsletter = getattr(getattr(obj, "specific", obj), "newsletter", None)
    return bool(user.has_perm(APPROVE)) if newsletter is None else has_right(user, "approve", newsletter)
