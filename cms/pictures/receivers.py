"""Signal receivers: what happens when a picture is stored, and when a page that shows pictures is published."""

from __future__ import annotations

import logging
from collections.abc import Collection
from functools import partial

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.models import ReferenceIndex
from wagtail.signals import page_published

from cms.models import HubPage
from cms.pictures.notes import without_notes
from cms.pictures.tasks import make_image_renditions, make_page_renditions

logger = logging.getLogger(__name__)


def connect() -> None:
    """Listen to Wagtail; called once, when the app is ready."""
    pre_save.connect(_take_out_notes, sender=get_image_model(), dispatch_uid="hub_cms.take_out_notes")
    page_published.connect(_make_after_publishing, dispatch_uid="hub_cms.make_page_renditions")
    post_save.connect(_make_after_replacing, sender=get_image_model(), dispatch_uid="hub_cms.make_image_renditions")


def _take_out_notes(
    *, instance: AbstractImage, raw: bool = False, update_fields: Collection[str] | None = None, **_kwargs: object
) -> None:
    """Store a new file without its camera notes; a file that is not a picture is stored as it is."""
    file = instance.file
    is_stored = file and file._committed  # noqa: SLF001 - Django has no public word for it
    if raw or not file or is_stored or (update_fields is not None and "file" not in update_fields):
        return
    file.seek(0)
    original = file.read()
    file.seek(0)
    try:
        plain = without_notes(original)
    except Exception as error:  # Pillow raises nearly anything for a broken file, and cannot read SVG
        logger.info("No notes could be removed from %s: %s", file.name, error)
        return
    if plain != original:
        instance.file = ContentFile(plain, name=file.name)
        if instance.file_size is not None:  # the form has measured the file already
            instance._set_image_file_metadata()  # noqa: SLF001 - Wagtail has no public way


def _make_after_publishing(*, instance: Model, **_kwargs: object) -> None:
    if isinstance(instance, HubPage):
        transaction.on_commit(partial(make_page_renditions.enqueue, page_id=instance.pk), robust=True)


def _make_after_replacing(
    *,
    instance: AbstractImage,
    created: bool,
    raw: bool = False,
    update_fields: Collection[str] | None = None,
    **_kwargs: object,
) -> None:
    """Make the renditions again, if something shows the image: Wagtail deleted them when the file changed."""
    if created or raw or (update_fields is not None and "file" not in update_fields):
        return
    if ReferenceIndex.get_references_to(instance).exists():
        transaction.on_commit(partial(make_image_renditions.enqueue, image_id=instance.pk), robust=True)
