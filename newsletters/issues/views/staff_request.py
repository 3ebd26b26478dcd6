"""A request in the Wagtail admin, where everybody has logged in."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest


class StaffRequest(HttpRequest):
    """The type of a request whose user is known: Wagtail asks visitors to log in before any of these views runs."""

    user: User
