"""What happens when a page has passed its Wagtail workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `wagtail.models` imports this module
    from django.contrib.auth.base_user import AbstractBaseUser
    from wagtail.models import WorkflowState


def finish_workflow(workflow_state: WorkflowState, *, user: AbstractBaseUser | None = None) -> None:
    """Publish the page, as Wagtail does, unless its type has `publishes_when_approved = False`.

    The setting WAGTAIL_FINISH_WORKFLOW_ACTION names this function.
    """
    approved = workflow_state.content_object  # a page as its base class, or a snippet
    model = getattr(approved, "specific_class", type(approved))
    if getattr(model, "publishes_when_approved", True):
        approved.get_latest_revision().publish(user=user)
