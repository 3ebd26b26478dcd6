"""Write down something about a reader."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from wagtail.log_actions import log

from newsletters.models import PersonNote, Subscriber
from newsletters.publications.permissions import require_permission


@transaction.atomic
def write_note(subscriber: Subscriber, *, text: str, user: User | AnonymousUser, now: datetime) -> PersonNote:
    """Keep a note about the reader and return it. Raises NotAllowed."""
    require_permission(user, "change_subscription")
    log(subscriber, "hub_newsletters.write_note", user=user, title=f"{subscriber.pk}")
    staff = user if isinstance(user, User) else None
    return PersonNote.objects.create(subscriber=subscriber, text=text, user=staff, at=now)
