"""What an editor has not saved yet, kept for some minutes for the website to show."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from wagtail.models import Page


class Preview(models.Model):
    """A page as it stood in one editor's form at one moment; whoever has the token may read it until it expires.

    The token itself is kept nowhere. A page that was never saved has no `page` but the `parent` to be.
    """

    token_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", null=True)
    parent = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+", null=True)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    wagtail_reference_index_ignore = True  # a preview is no use of a page that an editor should hear of

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
        """Return what is stored of a token."""
        return hashlib.sha256(token.encode()).hexdigest()

    def is_allowed(self, *, now: datetime) -> bool:
        """Whether the preview still lives and its user may still see this page in the admin."""
        if self.expires_at <= now or not self.user.has_perm("wagtailadmin.access_admin"):
            return False
        if self.page is None:
            return bool(self.parent and self.parent.permissions_for_user(self.user).can_add_subpage())
        rights = self.page.permissions_for_user(self.user)
        return bool(rights.can_edit() or rights.can_publish())
