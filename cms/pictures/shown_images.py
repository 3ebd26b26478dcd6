"""The pictures of a page: which ones lack renditions, and making them at once when nobody can wait for a worker."""

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
    """Return the public images that the page (of its specific class) shows and that lack renditions."""
    page_type = page_types().get(type(page))
    if page_type is None:
        return []
    shown = page_references(page)
    for schema in (page_type.summary, page_type.detail):
        references = partial(schema.references, page=page)
        shown |= fenced("references", references, of=page_type, about=page, otherwise=References(), returns=References)
    images: ImageQuerySet = public_files(get_image_model()).filter(pk__in=shown.images)
    return [image for image in images.prefetch_renditions(*filter_specs()) if missing_renditions(image)]


def make_now(*, page_id: int) -> int:
    """Make the missing renditions of a live page's pictures, and return how many were made."""
    page = HubPage.objects.live().filter(pk=page_id).specific().first()
    return sum(make_renditions(image=image) for image in unfinished_images(page)) if page else 0


def make_for_preview(page: HubPage) -> None:
    """Make the renditions that an editor needs for a preview of the page in memory, which may be incomplete.

    Only the format that every browser shows is made; the others take longer, and are made on publication.
    """
    try:
        for image in unfinished_images(page):
            make_renditions(image=image, formats=FORMATS[-1:])
    except Exception:  # a plugin's references may fail on an incomplete page
        logger.warning("The pictures of a preview could not be made", exc_info=True)
