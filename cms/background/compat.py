"""The only module that knows the differences between Django 5.2 and Django 6."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import django
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.core.mail.backends.base import BaseEmailBackend

if TYPE_CHECKING or django.VERSION >= (6, 0):
    from django.tasks import signals as task_signals
    from django.tasks import task, task_backends
    from django.tasks.base import Task
else:
    from django_tasks import signals as task_signals
    from django_tasks import task, task_backends
    from django_tasks.base import Task

__all__ = ["Task", "mail_backend", "mail_settings", "task", "task_backends", "task_signals"]


def mail_settings(*, backend: str, options: Mapping[str, object]) -> dict[str, object]:
    """Return Django's mail settings for `options` (host, port, username, password, use_tls, use_ssl, timeout).

    Django 6.1 reads MAILERS and deprecates EMAIL_*; Django 5.2 knows only EMAIL_*.
    """
    if django.VERSION >= (6, 1):
        return {"MAILERS": {"default": {"BACKEND": backend, "OPTIONS": options}}}
    names = {"username": "HOST_USER", "password": "HOST_PASSWORD"}
    return {"EMAIL_BACKEND": backend} | {
        f"EMAIL_{names.get(key, key.upper())}": value for key, value in options.items()
    }


def mail_backend(*, backend: str, options: Mapping[str, object]) -> BaseEmailBackend:
    """Return the email backend at this import path, made with `options`.

    Django 6.1 passes a backend its alias in MAILERS; a backend made without one reads EMAIL_*.
    """
    alias = {"alias": "hub"} if django.VERSION >= (6, 1) else {}
    return import_string(backend)(**alias, **options)
