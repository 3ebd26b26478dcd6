"""The mail to those who may approve issues of one newsletter; Wagtail's own goes to those who may approve all."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from wagtail.admin.mail import GroupApprovalTaskStateSubmissionEmailNotifier
from wagtail.models import TaskState
from wagtail.signals import task_submitted

from newsletters.models import IssueApprovalTask, IssuePage
from newsletters.models.rights import groups_with


class NewsletterApproversNotifier(GroupApprovalTaskStateSubmissionEmailNotifier):
    """Tells whoever Wagtail does not know of."""

    def can_handle(self, instance: Any, **kwargs: Any) -> bool:
        """Say whether it is an issue that waits for its approval."""
        is_approval = super().can_handle(instance, **kwargs) and isinstance(instance.task.specific, IssueApprovalTask)
        return is_approval and isinstance(_issue(instance), IssuePage)

    def get_recipient_users(self, task_state: Any, **kwargs: Any) -> Any:
        """Return those in the newsletter's own groups who are in no group that may approve all."""
        own = groups_with("approve", _issue(task_state).newsletter)
        told = task_state.task.specific.groups
        users = get_user_model().objects.filter(groups__in=own, is_active=True, is_superuser=False)
        users = users.exclude(groups__in=told).distinct()
        return users.exclude(pk=kwargs["user"].pk) if kwargs.get("user") else users


def _issue(task_state: Any) -> Any:
    return getattr(task_state.workflow_state.content_object, "specific", None)


NOTIFIER = NewsletterApproversNotifier()


def connect() -> None:
    """Listen to Wagtail; called once, when the app is ready."""
    task_submitted.connect(NOTIFIER, sender=TaskState, dispatch_uid="hub_newsletters.tell_newsletter_approvers")
