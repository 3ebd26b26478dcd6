"""What the core does in the background."""

from functools import reduce
from operator import or_
from typing import Any

from wagtail.images import get_image_model

from cms.compat import task
from cms.models import HubPage
from cms.queries import public_files
from cms.references import page_references
from cms.registry import page_types
from cms.renditions import filter_specs, make_renditions, missing_renditions


@task(backend="background")
def make_page_renditions(*, page_id: int) -> int:
    """Ask for the renditions of all images that the page shows and return for how many images some are missing.

    One task for each image, so that mails need not wait for a page of many pictures. May run twice. A page that
    was deleted or unpublished meanwhile is nothing to do.
    """
    page = HubPage.objects.live().filter(pk=page_id).specific().first()
    page_type = page_types().get(type(page))
    if page is None or page_type is None:
        return 0
    schemas = (page_type.summary, page_type.detail)
    shown = reduce(or_, (schema.references(page=page) for schema in schemas), page_references(page))
    images: Any = public_files(get_image_model()).filter(pk__in=shown.images)
    unfinished = [image for image in images.prefetch_renditions(*filter_specs()) if missing_renditions(image)]
    for image in unfinished:
        make_image_renditions.enqueue(image_id=image.pk)
    return len(unfinished)


@task(backend="background")
def make_image_renditions(*, image_id: int) -> int:
    """Make what is missing of an image's renditions and return how many were made.

    May run twice: what is there is kept. An image that is not public (any more) is nothing to do.
    """
    image = public_files(get_image_model()).filter(pk=image_id).first()
    return make_renditions(image=image) if image else 0
