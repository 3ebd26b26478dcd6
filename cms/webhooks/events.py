"""The core's events and their data: only what the public may see on the webhook's site."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.functional import Promise
from wagtail.models import Site

from cms.api.context import BuildContext
from cms.api.values import PageRef
from cms.content.queries import public_pages
from cms.models import HubPage
from cms.plugins import PersonalEvent, References, WebhookEvent
from cms.plugins.fences import fenced, require_type

PAGE_PUBLISHED = "page.published"
PAGE_UNPUBLISHED = "page.unpublished"
PAGE_MOVED = "page.moved"
PAGE_DELETED = "page.deleted"
PING = "ping"  # a test message that staff send; webhooks cannot choose it

Places = dict[int, PageRef]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened: its public name, the `data` of its message, and an id shared by all receivers.

    `subject` is the random id of the person whom it is about, None if it is about nobody.
    """

    name: str
    data: dict[str, object]
    id: UUID = field(default_factory=uuid4)
    subject: UUID | None = None


def label_of(event: WebhookEvent) -> str:
    """Return the event's label for staff, in their language; its public name if the plugin's label fails."""

    def label() -> str:
        return str(require_type(event.label, (str, Promise)))

    return fenced("label", label, of=event, about=event.name, otherwise=event.name)


def may_choose(user: AbstractBaseUser | AnonymousUser, event: WebhookEvent) -> bool:
    """Say whether the user may let webhooks have this event: for one about persons it takes the right to see them."""
    return not isinstance(event, PersonalEvent) or bool(user.has_perm(event.permission))  # type: ignore[union-attr]


def page_event(name: str, *, page: PageRef, old_path: str | None = None) -> Event:
    """Return an event about a page that the public sees, or that an editor has just unpublished."""
    moved = {} if old_path is None else {"old_path": old_path}
    return Event(name=name, data={"page": page.model_dump(), **moved, "surrogate_keys": [f"page-{page.id}"]})


def hidden_page_event(name: str, *, page: PageRef) -> Event:
    """Return an event about a page that was hidden from the public, without its title and address."""
    fields = page.model_dump(include={"id", "type"})
    return Event(name=name, data={"page": fields, "surrogate_keys": [f"page-{page.id}"]})


def listening_sites() -> list[Site]:
    """Return the sites that active webhooks listen to."""
    return list(Site.objects.filter(webhook_endpoints__is_active=True).distinct())


def public_places(*, site: Site, query: Q, now: datetime, moved: tuple[str, str] | None = None) -> Places:
    """Return references to the pages of `query` that are public on `site` at `now`, by the pages' keys.

    `moved` is the old and the new beginning of `url_path`, for rows that Wagtail has not updated yet.
    """
    pages: list[HubPage] = list(public_pages(site=site, now=now).filter(query).order_by("path"))
    for page in pages if moved else ():
        if moved and page.url_path.startswith(moved[0]):
            page.url_path = moved[1] + page.url_path[len(moved[0]) :]
    context = BuildContext(site=site, now=now, pages=pages, references=References())
    return {page.pk: context.ref(page) for page in pages}
