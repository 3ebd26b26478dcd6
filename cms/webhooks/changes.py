"""Compare what the public sees before and after a page changes, and record the difference as events.

Wagtail sends its own signals after it has committed, the one for a new slug even later, so an event could get lost in
between. This module uses Django's signals, which are sent within the transaction of the save or the deletion.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asgiref.local import Local
from django.db.models import Model, Q, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.signals import pre_page_move

from cms.api.values import PageRef
from cms.webhooks.events import (
    PAGE_DELETED,
    PAGE_MOVED,
    PAGE_PUBLISHED,
    PAGE_UNPUBLISHED,
    Event,
    Places,
    hidden_page_event,
    listening_sites,
    page_event,
    public_places,
)
from cms.webhooks.outbox import record

# A save that is limited to other fields causes no event.
WATCHED = {"live", "slug", "url_path", "last_published_at", "expire_at"}


@dataclass(kw_only=True)
class Snapshot:
    """What the public saw of the pages of a query before a change, on each site that webhooks listen to."""

    query: Q
    sites: list[Site]
    places: dict[int, Places] = field(default_factory=dict)
    moved: tuple[str, str] | None = None
    last_published_at: datetime | None = None


_moving = Local()  # holds the snapshot before a page leaves its old place, until it is saved in its new one


def connect() -> None:
    """Listen to Django and Wagtail; called once, when the app is ready."""
    pre_page_move.connect(_before_move, dispatch_uid="hub_cms.webhooks.move")
    pre_save.connect(_before_save, dispatch_uid="hub_cms.webhooks.save")
    post_save.connect(_after_save, dispatch_uid="hub_cms.webhooks.save")
    pre_delete.connect(_before_delete, sender=Page, dispatch_uid="hub_cms.webhooks.delete")
    pre_save.connect(_before_restriction, sender=PageViewRestriction, dispatch_uid="hub_cms.webhooks.hide")
    post_save.connect(_after_restriction, sender=PageViewRestriction, dispatch_uid="hub_cms.webhooks.hide")
    pre_delete.connect(_before_restriction, sender=PageViewRestriction, dispatch_uid="hub_cms.webhooks.show")
    post_delete.connect(_after_restriction, sender=PageViewRestriction, dispatch_uid="hub_cms.webhooks.show")


def _take_snapshot(query: Q, *, now: datetime) -> Snapshot:
    sites = listening_sites()
    return Snapshot(
        query=query,
        sites=sites,
        places={site.pk: public_places(site=site, query=query, now=now) for site in sites},
    )


def _before_move(*, instance: Page, url_path_before: str, url_path_after: str, **_kwargs: object) -> None:
    path = Page.objects.values_list("path", flat=True).get(pk=instance.pk)
    _moving.seen = (
        instance.pk,
        url_path_before,
        url_path_after,
        _take_snapshot(Q(path__startswith=path), now=timezone.now()),
    )


def _seen_before_move(page: Page, *, old_url_path: str) -> Snapshot | None:
    key, before, after, snapshot = getattr(_moving, "seen", (None, "", "", None))
    if (key, before, after) != (page.pk, old_url_path, page.url_path):
        return None
    del _moving.seen
    found: Snapshot | None = snapshot
    return found


def _before_save(*, instance: Model, raw: bool, update_fields: Collection[str] | None, **_kwargs: object) -> None:
    if raw or not isinstance(instance, Page) or not (update_fields is None or WATCHED & set(update_fields)):
        return
    fields = ("path", "url_path", "expire_at", "last_published_at")
    is_new = instance._state.adding
    old = None if is_new else Page.objects.filter(pk=instance.pk).values(*fields).first()
    if old is None:
        snapshot = Snapshot(query=Q(pk=None), sites=listening_sites() if instance.live else [])
    elif old["url_path"] == instance.url_path:
        snapshot = _take_snapshot(Q(pk=instance.pk), now=_when_it_was_public(old["expire_at"]))
    else:
        seen = _seen_before_move(instance, old_url_path=old["url_path"])
        snapshot = seen or _take_snapshot(Q(path__startswith=old["path"]), now=_when_it_was_public(old["expire_at"]))
        snapshot.moved = (old["url_path"], instance.url_path)
    snapshot.last_published_at = old["last_published_at"] if old else None
    vars(instance)["_hub_snapshot"] = snapshot


def _when_it_was_public(expire_at: datetime | None) -> datetime:
    """Return now or, for an expired page that is not unpublished yet, the moment before it expired."""
    now = timezone.now()
    return expire_at - timedelta(microseconds=1) if expire_at and expire_at <= now else now


def _after_save(*, instance: Model, created: bool, **_kwargs: object) -> None:
    if not isinstance(instance, Page):
        return
    snapshot: Snapshot | None = vars(instance).pop("_hub_snapshot", None)
    if snapshot is None or not snapshot.sites:
        return
    if snapshot.moved:
        Site.clear_site_root_paths_cache()  # Wagtail does so only later; this page may be a site's root
    if created or snapshot.moved:
        path = Page.objects.values_list("path", flat=True).get(pk=instance.pk)
        snapshot.query = Q(path__startswith=path) if snapshot.moved else Q(pk=instance.pk)
    published_again = {instance.pk} if snapshot.last_published_at != instance.last_published_at else set()
    taken_down = set() if instance.live else {instance.pk}
    _record_changes(snapshot, published_again=published_again, taken_down=taken_down)


def _record_changes(
    snapshot: Snapshot, *, published_again: Collection[int] = (), taken_down: Collection[int] = ()
) -> None:
    """Record the differences between what the public saw and what it sees now."""
    now = timezone.now()
    for site in snapshot.sites:
        before = snapshot.places.get(site.pk, {})
        after = public_places(site=site, query=snapshot.query, now=now, moved=snapshot.moved)
        gone = {key: place for key, place in before.items() if key not in after}
        events = [
            *(_unpublished(place, by_hand=key in taken_down) for key, place in gone.items()),
            *(
                event
                for key, place in after.items()
                for event in _news(place, before.get(key), is_published_again=key in published_again)
            ),
        ]
        record(site=site, events=events, now=now)


def _unpublished(place: PageRef, *, by_hand: bool) -> Event:
    """Return an event that describes a page unpublished by an editor, but only names a page that was hidden."""
    return page_event(PAGE_UNPUBLISHED, page=place) if by_hand else hidden_page_event(PAGE_UNPUBLISHED, page=place)


def _news(place: PageRef, old: PageRef | None, *, is_published_again: bool) -> Iterator[Event]:
    if old is not None and old.path != place.path:
        yield page_event(PAGE_MOVED, page=place, old_path=old.path)
    if old is None or is_published_again:
        yield page_event(PAGE_PUBLISHED, page=place)


def _before_delete(*, instance: Page, **_kwargs: object) -> None:
    """Record the deletion; called for each page of a branch, before any row is deleted."""
    snapshot = _take_snapshot(Q(pk=instance.pk), now=_when_it_was_public(instance.expire_at))
    for site in snapshot.sites:
        events = [page_event(PAGE_DELETED, page=place) for place in snapshot.places[site.pk].values()]
        record(site=site, events=events, now=timezone.now())


def _before_restriction(
    *, instance: PageViewRestriction, raw: bool = False, origin: object = None, **_kwargs: object
) -> None:
    """Take a snapshot of the pages below, unless the restriction is deleted with its page (see `origin`)."""
    is_deleted_with_page = isinstance(origin, Page) or (
        isinstance(origin, QuerySet) and origin.model is not type(instance)
    )
    if not raw and not is_deleted_with_page:
        vars(instance)["_hub_snapshot"] = _take_snapshot(Q(path__startswith=instance.page.path), now=timezone.now())


def _after_restriction(*, instance: PageViewRestriction, **_kwargs: object) -> None:
    if snapshot := vars(instance).pop("_hub_snapshot", None):
        _record_changes(snapshot)
