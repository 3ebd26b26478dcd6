"""Which issues need an own field."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from newsletters.models import Dispatch, IssuePage, OwnField


def issues_greeting_with(own_field: OwnField) -> list[IssuePage]:
    """Return the issues whose newest revision greets readers with the field and that have not been sent to the end."""
    sent = Dispatch.objects.filter(issue=OuterRef("pk"), status=Dispatch.Status.FINISHED)
    unsent = IssuePage.objects.filter(~Exists(sent)).order_by("pk")
    newest = [issue.get_latest_revision_as_object() for issue in unsent]
    return [issue for issue in newest if any(own_field.key in text.salutation.own_fields for text in issue.texts.all())]
