"""The step of a Wagtail workflow in which an issue is approved."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask, Task

APPROVE = "hub_newsletters.approve_issuepage"


class IssueApprovalTask(AbstractGroupApprovalTask):
    """Someone with the right to approve issues looks at every edition and approves exactly that.

    Who may is said once, by the permission; so there are no groups to choose, as there are in Wagtail's own task.
    Approving leads through the review page: it binds to what the approver was shown there.
    """

    admin_form_fields = Task.admin_form_fields

    class Meta:
        verbose_name = _("issue approval")
        verbose_name_plural = _("issue approvals")

    @property
    def groups(self) -> QuerySet[Group]:
        """The groups with the right to approve: those whose members Wagtail tells by mail."""
        app_label, codename = APPROVE.split(".")
        return Group.objects.filter(permissions__codename=codename, permissions__content_type__app_label=app_label)

    def _user_in_groups(self, user: Any) -> bool:
        return bool(user.has_perm(APPROVE))

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        """Offer to review the issue, or to send it back with a comment."""
        if not self._user_in_groups(user):
            return []
        return [("approve", _("Review and approve"), False), ("reject", _("Request changes"), True)]

    def on_action(self, task_state: Any, user: Any, action_name: str, **kwargs: Any) -> str | None:
        """Send back as asked; lead to the review page instead of approving what nobody may have looked at."""
        if action_name == "approve":
            return reverse("newsletters_admin:review", args=[task_state.workflow_state.object_id])
        super().on_action(task_state, user, action_name, **kwargs)
        return None

    @classmethod
    def get_description(cls) -> Any:
        """Say what the step is, where administrators choose one."""
        return _("Everyone with the right to approve issues can approve exactly what will be sent")
