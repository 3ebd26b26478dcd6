"""Examples in place of look-ups: what a block shows in the editor's menu before anything is chosen."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.translation import gettext

from cms.api.context import BuildContext
from cms.api.lookups.images import absolute
from cms.api.values import Document, Image, PageRef
from cms.pictures.renditions import PresetName

SIDES = (640, 400)


class ExampleContext(BuildContext):
    """A context in which every picture, page and document exists."""

    def page(self, pk: int | None, *, locale_id: int) -> PageRef:
        """Return a page."""
        return super().page(pk, locale_id=locale_id) or PageRef(
            id=1, type="home", title=gettext("A page of this site"), locale="en", path="#", url="#"
        )

    def image(self, pk: int | None, *, alt: str, preset: PresetName, is_decorative: bool = False) -> Image:
        """Return a picture."""
        width, height = SIDES
        return super().image(pk, alt=alt, preset=preset, is_decorative=is_decorative) or Image(
            alt="" if is_decorative else alt,
            width=width,
            height=height,
            focal_point=None,
            src=static("cms/example.svg"),
            src_width=width,
            src_height=height,
            sources=[],
        )

    def document(self, pk: int | None) -> Document:
        """Return a document."""
        return super().document(pk) or Document(
            title=gettext("A document of this site"), url=absolute("#"), size=482_133, extension="pdf"
        )
