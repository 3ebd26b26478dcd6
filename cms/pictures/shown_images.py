"""The pictures of one page: made at once where nobody can wait for a worker to come to them."""

from __future__ import annotations

import logging
from functools import partial

from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage, ImageQuerySet

from cms.content.queries import public_files
from cms.content.references import page_references
from cms.models import HubPage
from cms.pictures.encode import FORMATS
from cms.pictures.renditions import filter_specs, make_renditions, missing_renditions
from cms.plugins import References
from cms.plugins.fences import fenced
from cms.plugins.registry import page_types

logger = logging.getLogger(__name__)


def unfinished_images(page: HubPage) -> list[AbstractImage]:
    """Return the public images that the page (of its own class) shows and that lack some of their renditions."""
    page_type = page_types().get(type(page))
    if page_type is None:
        return []
    shown = page_references(page)
    for schema in (page_type.summary, page_type.detail):
        references = partial(schema.references, page=page)
        shown |= fenced("references", references, of=page_type, about=page, otherwise=References())
    images: ImageQuerySet = public_files(get_image_model()).filter(pk__in=shown.images)
    return [image for image in images.prefetch_renditions(*filter_specs()) if missing_renditions(image)]


def make_now(*, page_id: int) -> int:
    """Make the renditions that the pictures of a live page lack, and return how many were made."""
    page = HubPage.objects.live().filter(pk=page_id).specific().first()
    return sum(make_renditions(image=image) for image in unfinished_images(page)) if page else 0


def make_for_preview(page: HubPage) -> None:
    """Make what an editor needs to see the page as it stands in memory, whatever it still lacks.

    That is the format that every browser shows; the others take their time, and come when the page is published.
    """
    try:
        for image in unfinished_images(page):
            make_renditions(image=image, formats=FORMATS[-1:])
    except Exception:  # a plugin's references may stumble over a page that is not finished
        logger.warning("The pictures of a preview could not be made", exc_info=True)
