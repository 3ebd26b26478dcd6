"""The class that replaces the class of a page whose plugin is not installed."""

from __future__ import annotations

import logging

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.models import Page, PagePermissionTester

logger = logging.getLogger(__name__)


class NothingAllowed(PagePermissionTester):
    """Forbids all changes to a page of which only half is known."""

    def _no(self, *_args: object, **_kwargs: object) -> bool:
        return False

    can_edit = can_delete = can_unpublish = can_publish = can_submit_for_moderation = _no
    can_set_view_restrictions = can_unschedule = can_lock = can_unlock = can_view_revisions = _no
    can_add_subpage = can_publish_subpage = can_reorder_children = _no
    can_move = can_move_to = can_copy = can_copy_to = _no


class MissingPage(Page):
    """What is known of such a page without its plugin: its place in the tree, its title, whether it is public.

    It can be listed. Only an expiry date changes it, and nothing copies it, because the plugin's own row would be left
    behind.
    """

    parent_page_types: list[str] = []
    subpage_types: list[str] = []
    is_creatable = False
    preview_modes: list[tuple[str, str | Promise]] = []

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = gettext_lazy("page of a plugin that is missing")
        verbose_name_plural = gettext_lazy("pages of a plugin that is missing")

    def get_admin_display_title(self) -> str:
        """Return the title, with a note that the plugin is missing."""
        return _("%(title)s (its plugin is missing)") % {"title": super().get_admin_display_title()}

    def permissions_for_user(self, user: AbstractBaseUser | AnonymousUser) -> PagePermissionTester:
        """Return permissions that allow nothing."""
        return NothingAllowed(user, self)

    def publish(self, *_args: object, **_kwargs: object) -> None:
        """Do nothing: a revision holds fields that can be saved only once the plugin is installed again."""
        logger.info("Page %s is not published: its plugin is not installed", self.pk)

    def copy_for_translation(self, *_args: object, **_kwargs: object) -> None:
        """Do nothing when a whole tree is mirrored in another language."""
