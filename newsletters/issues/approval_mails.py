"""The mail to those who may approve the issues of one newsletter; Wagtail only mails those who may approve all."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import QuerySet
from wagtail.admin.mail import GroupApprovalTaskStateSubmissionEmailNotifier
from wagtail.models import TaskState
from wagtail.signals import task_submitted

from newsletters.models import IssueApprovalTask, IssuePage
from newsletters.models.rights import groups_with


class NewsletterApproversNotifier(GroupApprovalTaskStateSubmissionEmailNotifier):
    """Notifies the approvers that Wagtail does not know about."""

    def can_handle(self, instance: TaskState, **kwargs: object) -> bool:
        """Say whether an issue waits for approval."""
        if not super().can_handle(instance, **kwargs) or not isinstance(instance.task.specific, IssueApprovalTask):
            return False
        return isinstance(getattr(instance.workflow_state.content_object, "specific", None), IssuePage)

    def get_recipient_users(
        self, task_state: TaskState, *, user: User | None = None, **_kwargs: object
    ) -> QuerySet[User]:
        """Return the newsletter's own approvers, except those in a group that may approve all issues."""
        issue = task_state.workflow_state.content_object.specific
        own = groups_with("approve", issue.newsletter)
        users = get_user_model().objects.filter(groups__in=own, is_active=True, is_superuser=False)
        users = users.exclude(groups__in=task_state.task.specific.groups).distinct()
        return users.exclude(pk=user.pk) if user else users


NOTIFIER = NewsletterApproversNotifier()


def connect() -> None:
    """Listen to Wagtail; called once, when the app is ready."""
    task_submitted.connect(NOTIFIER, sender=TaskState, dispatch_uid="hub_newsletters.tell_newsletter_approvers")
