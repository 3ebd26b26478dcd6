"""An editor's unsaved page, kept for some minutes so that the website can show it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from wagtail.models import Page


class Preview(models.Model):
    """A page as it was in an editor's form; anyone with the token may read it until it expires.

    The token itself is not stored. For a page that was never saved, `parent` is set instead of `page`.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", null=True)
    parent = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", null=True)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    wagtail_reference_index_ignore = True  # editors need not know that a preview refers to a page

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(page__isnull=True, parent__isnull=False)
                | models.Q(page__isnull=False, parent__isnull=True),
                name="hub_cms_preview_of_a_page_or_under_a_parent",
            )
        ]

    def __str__(self) -> str:
        return f"Preview {self.pk}"

    @staticmethod
    def hash_token(token: str) -> str:
        """Return the hash that is stored for a token."""
        return hashlib.sha256(token.encode()).hexdigest()

    def is_allowed(self, *, now: datetime) -> bool:
        """Return whether the preview has not expired and its user may still see the page in the admin."""
        if self.expires_at <= now or not self.user.has_perm("wagtailadmin.access_admin"):
            return False
        if self.page is None:
            return bool(self.parent and self.parent.permissions_for_user(self.user).can_add_subpage())
        rights = self.page.permissions_for_user(self.user)
        return bool(rights.can_edit() or rights.can_publish())
