"""One version for everything that the public can see: any change of content makes a new version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.apps import AppConfig
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save
from django.utils import timezone
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.settings.models import BaseGenericSetting, BaseSiteSetting
from wagtail.documents import get_document_model
from wagtail.embeds.models import Embed
from wagtail.images import get_image_model
from wagtail.models import (
    Collection,
    CollectionViewRestriction,
    Locale,
    Page,
    PageViewRestriction,
    Site,
)
from wagtail.signals import post_page_move

from cms.models import ContentChange, HubPage, HubPageTag, Theme, ThemeName
from cms.plugins.registry import find_model, page_types, plugins


@dataclass(frozen=True, kw_only=True)
class ContentVersion:
    """A state of the content: `value` differs after each change; `changed_at` is None if nothing ever changed."""

    value: str
    changed_at: datetime | None


def content_version(*, now: datetime) -> ContentVersion:
    """Return the version at `now`, in one query."""
    value, changed_at = ContentChange.newest(now=now)
    return ContentVersion(value=f"{value:x}", changed_at=changed_at)


def content_changed(*, now: datetime) -> None:
    """Make a new version in the open transaction; for changes that send no signal (`update()`)."""
    ContentChange.note(at=now, now=now)


@cache
def watched_models() -> frozenset[type[Model]]:
    """Return the models, besides pages and settings, whose rows affect what the public sees."""
    images = get_image_model()
    core = {Collection, CollectionViewRestriction, Locale, PageViewRestriction, Redirect, Site, Embed, Tag}
    files = {images, images.get_rendition_model(), get_document_model()}
    own = {HubPageTag, Theme, ThemeName}
    declared = (find_model(label) for plugin in plugins() for label in plugin.content)
    return frozenset([*core, *files, *own, *(model for model in declared if model)])


def connect() -> None:
    """Listen for changes of content; called once, when the app is ready."""
    for signal in (post_save, post_delete):
        signal.connect(_on_change, dispatch_uid=f"hub_cms.content_version.{id(signal)}")
    m2m_changed.connect(_on_themes, sender=HubPage.themes.through, dispatch_uid="hub_cms.content_version.themes")
    post_page_move.connect(_on_signal, dispatch_uid="hub_cms.content_version.moved")
    # A new release may present the same content in another way.
    post_migrate.connect(_on_migrate, dispatch_uid="hub_cms.content_version.migrated")


def _on_change(*, sender: type[Model], instance: Model, **_kwargs: object) -> None:
    if not (issubclass(sender, (Page, BaseSiteSetting, BaseGenericSetting)) or sender in watched_models()):
        return
    now = timezone.now()
    content_changed(now=now)
    for at in _changes_to_come(instance, sender):
        if at > now:
            ContentChange.note(at=at, now=now)


def _changes_to_come(instance: Model, model: type[Model]) -> set[datetime]:
    """Return when what the public sees of a live page changes by itself: it expires, or what it announces is over."""
    if not getattr(instance, "live", False):
        return set()
    page_type = page_types().get(model)
    calendar = page_type.calendar if page_type else None
    times = {getattr(instance, "expire_at", None), getattr(instance, calendar.ends_at) if calendar else None}
    return {at for at in times if isinstance(at, datetime)}


def _on_themes(*, action: str, **_kwargs: object) -> None:
    if action.startswith("post_"):
        content_changed(now=timezone.now())


def _on_signal(**_kwargs: object) -> None:
    content_changed(now=timezone.now())


def _on_migrate(*, app_config: AppConfig, **_kwargs: object) -> None:
    if app_config.label == "hub_cms":
        content_changed(now=timezone.now())
