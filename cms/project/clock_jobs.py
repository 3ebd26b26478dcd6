"""The core's own jobs for the clock."""

from __future__ import annotations

from datetime import timedelta

from django.core.management import call_command
from django.db.models import Q
from django.utils import timezone

from cms.plugins import ClockJob

KEEP_TASKS = timedelta(days=14)  # finished tasks
KEEP_RUNNING_TASKS = timedelta(days=1)  # no task runs this long: its worker has died


def publish_scheduled() -> None:
    """Publish and unpublish the pages whose time has come."""
    call_command("publish_scheduled", verbosity=0)


def start_webhooks() -> None:
    """Start sending the webhooks that are due."""
    from cms.webhooks.tasks import sweep  # noqa: PLC0415  # declaring a task reads the settings of its backend

    sweep()


def start_pictures() -> None:
    """Make the renditions of pictures in use that have none, because a task may have been lost."""
    from cms.pictures.tasks import start_missing_images  # noqa: PLC0415  # as above

    start_missing_images()


def forget_tasks() -> None:
    """Delete old tasks of the database engine: finished ones, and those whose worker died."""
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  # needs the app registry

    now = timezone.now()
    died = Q(status="RUNNING", started_at__lt=now - KEEP_RUNNING_TASKS)
    DBTaskResult.objects.filter(Q(finished_at__lt=now - KEEP_TASKS) | died).delete()


def forget_logins() -> None:
    """Delete old logins."""
    from cms.project import logins  # noqa: PLC0415  # needs the app registry

    logins.forget_logins()


CLOCK = (
    ClockJob(name="cms.publish_scheduled", every_seconds=60, run=publish_scheduled),
    ClockJob(name="cms.webhooks", every_seconds=30, run=start_webhooks),
    ClockJob(name="cms.pictures", every_seconds=600, run=start_pictures),
    ClockJob(name="cms.forget_tasks", every_seconds=3600, run=forget_tasks),
    ClockJob(name="cms.forget_logins", every_seconds=3600, run=forget_logins),
)
