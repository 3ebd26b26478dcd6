"""The admin language of a user: Wagtail activates it in its views only, not for middleware."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from wagtail.users.models import UserProfile


def in_language_of(user: AbstractBaseUser | AnonymousUser) -> AbstractContextManager[None]:
    """Return a context in which texts are in this user's language."""
    return translation.override(UserProfile.get_for_user(user).get_preferred_language())
