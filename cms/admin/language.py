"""The language in which somebody has the admin: Wagtail turns to it within its views only, not in middleware."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils import translation
from wagtail.users.models import UserProfile


def in_language_of(user: AbstractBaseUser | AnonymousUser) -> AbstractContextManager[None]:
    """Within it, words are in the language of this user."""
    return translation.override(UserProfile.get_for_user(user).get_preferred_language())
