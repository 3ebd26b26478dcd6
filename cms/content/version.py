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

from cms.models import (
    ContentChange,
    CrossCuttingTheme,
    CrossCuttingThemeName,
    HubPage,
    HubPageTag,
    PagePart,
    Theme,
    ThemeName,
)
from cms.plugins.fences import fenced
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
    own = {HubPageTag, Theme, ThemeName, CrossCuttingTheme, CrossCuttingThemeName}
    declared = (find_model(label) for plugin in plugins() for label in plugin.content)
    return frozenset([*core, *files, *own, *(model for model in declared if model)])


def connect() -> None:
    """Listen for changes of content; called once, when the app is ready."""
    for signal in (post_save, post_delete):
        signal.connect(_on_change, dispatch_uid=f"hub_cms.content_version.{id(signal)}")
    for field in (HubPage.themes, HubPage.cross_cutting):
        uid = f"hub_cms.content_version.{field.through.__name__}"
        m2m_changed.connect(_on_themes, sender=field.through, dispatch_uid=uid)
    post_page_move.connect(_on_signal, dispatch_uid="hub_cms.content_version.moved")
    # A new release may present the same content in another way.
    post_migrate.connect(_on_migrate, dispatch_uid="hub_cms.content_version.migrated")


def _on_change(*, sender: type[Model], instance: Model, **_kwargs: object) -> None:
    kinds = (Page, PagePart, BaseSiteSetting, BaseGenericSetting)
    if not (issubclass(sender, kinds) or sender in watched_models()):
        return
    now = timezone.now()
    content_changed(now=now)
    if getattr(instance, "live", False):
        for moment in {getattr(instance, "expire_at", None), *_changes_at(instance)}:
            if moment and moment > now:
                ContentChange.note(at=moment, now=now)


def _changes_at(instance: Model) -> list[datetime]:
    """Return the times at which the public page changes by itself; none for what is not a page of a plugin.

    Also when what it announces is over: lists of what is coming then lose it.
    """
    page_type = page_types().get(type(instance))
    if page_type is None:
        return []
    names = ["changes_at", *([page_type.calendar.ends_at] if page_type.calendar else [])]

    def read() -> list[datetime]:
        changes_at, *ends = (getattr(instance, name) for name in names)
        return [*changes_at, *ends]

    times: list[datetime] = []
    return fenced("changes_at", read, of=page_type, about=instance, otherwise=times)


def _on_themes(*, action: str, **_kwargs: object) -> None:
    if action.startswith("post_"):
        content_changed(now=timezone.now())


def _on_signal(**_kwargs: object) -> None:
    content_changed(now=timezone.now())


def _on_migrate(*, app_config: AppConfig, **_kwargs: object) -> None:
    if app_config.label == "hub_cms":
        content_changed(now=timezone.now())
