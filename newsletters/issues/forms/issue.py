"""The form in which an editor writes an issue; it remembers what the pages of new stories say."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from wagtail.admin.forms import WagtailAdminPageForm

from newsletters.issues.page_sources import missing_sources


class IssueForm(WagtailAdminPageForm):
    """Copies the words and the picture of each page that the issue did not use before."""

    def clean(self) -> dict[str, Any]:
        """Remember what the pages of new stories say; it stays as it is until somebody updates it."""
        cleaned = super().clean()
        if cleaned.get("body"):
            site = (self.parent_page or self.instance.get_parent()).get_site()
            self.instance.remember(missing_sources(self.instance, cleaned["body"], site=site, now=timezone.now()))
        return cleaned
