"""The core's events and what they say: nothing but what the public may see on the site that is listened to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Q
from wagtail.models import Site

from cms.api.context import BuildContext
from cms.api.values import PageRef
from cms.content.queries import public_pages
from cms.models import HubPage
from cms.plugins import References, WebhookEvent
from cms.plugins.fences import fenced

PAGE_PUBLISHED = "page.published"
PAGE_UNPUBLISHED = "page.unpublished"
PAGE_MOVED = "page.moved"
PAGE_DELETED = "page.deleted"
PING = "ping"  # a test that staff send; nobody chooses it

Places = dict[int, PageRef]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened: a public word, the `data` of its message, an id that is the same for all who hear."""

    name: str
    data: dict[str, object]
    id: UUID = field(default_factory=uuid4)


def label_of(event: WebhookEvent) -> str:
    """Return what the event is called for staff, in their language; its public word if its plugin cannot say."""
    return fenced("label", lambda: str(event.label), of=event, about=event.name, otherwise=event.name)


def page_event(name: str, *, page: PageRef, old_path: str | None = None) -> Event:
    """Return an event about a page that the public sees, or saw until now by an editor's will."""
    moved = {} if old_path is None else {"old_path": old_path}
    return Event(name=name, data={"page": page.model_dump(), **moved, "surrogate_keys": [f"page-{page.id}"]})


def hidden_page_event(name: str, *, page: PageRef) -> Event:
    """Return an event about a page that was hidden from the public: its words do not leave."""
    words = page.model_dump(include={"id", "type"})
    return Event(name=name, data={"page": words, "surrogate_keys": [f"page-{page.id}"]})


def listening_sites() -> list[Site]:
    """Return the sites that a webhook listens to."""
    return list(Site.objects.filter(webhook_endpoints__is_active=True).distinct())


def public_places(*, site: Site, which: Q, now: datetime, moved: tuple[str, str] | None = None) -> Places:
    """Return where the public sees those of the pages `which` that it may see on `site` at `now`, by their keys.

    `moved` are the old and the new beginning of `url_path`, for rows that Wagtail has yet to update.
    """
    pages: list[HubPage] = list(public_pages(site=site, now=now).filter(which).order_by("path"))
    for page in pages if moved else ():
        if moved and page.url_path.startswith(moved[0]):
            page.url_path = moved[1] + page.url_path[len(moved[0]) :]
    context = BuildContext(site=site, now=now, pages=pages, references=References())
    return {page.pk: context.ref(page) for page in pages}
