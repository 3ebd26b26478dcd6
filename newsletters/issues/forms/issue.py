"""The form in which an editor writes an issue; it remembers what the pages of new stories say."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminPageForm

from newsletters.issues.page_sources import missing_sources


class IssueForm(WagtailAdminPageForm):
    """Copies the words and the picture of each page that the issue did not use before."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        newsletter = (self.parent_page or self.instance.get_parent()).specific.newsletter
        is_sent = bool(self.instance.pk and self.instance.is_sent)
        for name, nobody in (("send_to", _("All readers")), ("not_to", _("Nobody"))):
            if field := self.fields.get(name):
                field.queryset, field.empty_label = newsletter.segments.order_by("name"), nobody
                field.disabled = is_sent  # it goes to whom it was frozen for

    def clean(self) -> dict[str, Any]:
        """Remember what the pages of new stories say; it stays as it is until somebody updates it."""
        cleaned = super().clean()
        if cleaned.get("body"):
            site = (self.parent_page or self.instance.get_parent()).get_site()
            self.instance.remember(missing_sources(self.instance, cleaned["body"], site=site, now=timezone.now()))
        return cleaned
