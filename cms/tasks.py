"""What the core does in the background."""

from wagtail.images import get_image_model

from cms.compat import task
from cms.models import HubPage
from cms.references import page_references
from cms.renditions import make_renditions


@task(backend="background")
def make_page_renditions(*, page_id: int) -> int:
    """Make the renditions of the page's image and of the images in its body; return how many there are.

    May run twice: what is there is kept. A page deleted meanwhile is nothing to do.
    """
    page = HubPage.objects.filter(pk=page_id).specific().first()
    if page is None:
        return 0
    images = get_image_model().objects.filter(pk__in=page_references(page).images)
    return sum(make_renditions(image=image) for image in images)
