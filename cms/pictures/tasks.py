"""Background tasks that make renditions."""

from hashlib import sha256

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from wagtail.images import get_image_model

from cms.background.compat import task
from cms.content.queries import public_files
from cms.content.references import used_images
from cms.models import HubPage
from cms.pictures.renditions import make_renditions
from cms.pictures.shown_images import unfinished_images

MOST_AT_ONCE = 200
ONE_DAY_SECONDS = 24 * 3600


@task(backend="background")
def make_page_renditions(*, page_id: int) -> int:
    """Start a task for each image of the page that lacks renditions, and return the number of tasks.

    Each image has its own task, so that mails need not wait for a page with many pictures. Can run twice. Does nothing
    for a page that was deleted or unpublished meanwhile.
    """
    page = HubPage.objects.live().filter(pk=page_id).specific().first()
    unfinished = unfinished_images(page) if page else []
    for image in unfinished:
        make_image_renditions.enqueue(image_id=image.pk)
    return len(unfinished)


def start_missing_images() -> int:
    """Start a task for each public picture in use that has no renditions, and return the number of tasks.

    A picture is tried at most once a day, because its file may be broken.
    """
    made = (
        get_image_model()
        .get_rendition_model()
        .objects.filter(image=OuterRef("pk"), filter_spec__startswith="width-", filter_spec__endswith="|format-jpeg")
    )
    started = 0
    for key, name in used_images().filter(~Exists(made)).order_by("pk").values_list("pk", "file"):
        if started == MOST_AT_ONCE:
            break
        if cache.add(f"hub:picture:{sha256(f'{key} {name}'.encode()).hexdigest()}", 1, ONE_DAY_SECONDS):
            make_image_renditions.enqueue(image_id=key)
            started += 1
    return started


@task(backend="background")
def make_image_renditions(*, image_id: int) -> int:
    """Make an image's missing renditions and return how many were made.

    Can run twice: existing renditions are kept. Does nothing for an image that is not public.
    """
    image = public_files(get_image_model()).filter(pk=image_id).first()
    return make_renditions(image=image) if image else 0
