"""Set up the Wagtail workflow in which issues are approved, on every newsletter's page."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from wagtail.models import Locale, Workflow, WorkflowPage, WorkflowTask

from newsletters.exceptions import NotAllowed
from newsletters.models import IssueApprovalTask, NewsletterPage


@transaction.atomic
def set_up_workflow(*, user: User) -> Workflow:
    """Return the workflow, which is created if there is none; pages with a workflow of their own keep it.

    Its names are stored, so they are in the site's main language, whoever sets it up.
    """
    if not user.is_superuser:
        raise NotAllowed
    with translation.override(Locale.get_default().language_code):
        task = IssueApprovalTask.objects.filter(active=True).first()
        task = task or IssueApprovalTask.objects.create(name=_("Approval of the issue"))
        workflow = Workflow.objects.filter(workflow_tasks__task=task, active=True).first()
        if workflow is None:
            workflow = Workflow.objects.create(name=_("Newsletter"))
            WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    for page in NewsletterPage.objects.filter(workflowpage=None):
        WorkflowPage.objects.create(page_id=page.pk, workflow=workflow)
    return workflow
