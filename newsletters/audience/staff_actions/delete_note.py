"""Delete a note about a reader."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import PersonNote
from newsletters.publications.permissions import require_permission


@transaction.atomic
def delete_note(note: PersonNote, *, user: User | AnonymousUser) -> None:
    """Delete the note, whoever wrote it. Raises NotAllowed."""
    require_permission(user, "change_subscription")
    log(note.subscriber, "hub_newsletters.delete_note", user=user, title=f"{note.subscriber_id}")
    note.delete()
