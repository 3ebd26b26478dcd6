"""A picture of the editor's own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from cms.blocks.image import ImageBlock
from cms.plugins import IssueBlockKind, KeptBlock, ToldBlock
from newsletters.editions.blocks.rows import OWN, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import LoadedPages
from newsletters.editions.pictures import WIDE, Deleted


class ImageRow(InLanguageBlock):
    """A picture's texts in one language."""

    alt = blocks.CharBlock(
        label=_("Text alternative"),
        max_length=255,
        required=False,
        help_text=_("What the picture shows. Leave it empty if it only decorates."),
    )
    caption = blocks.CharBlock(label=_("Caption"), max_length=255, required=False)


class ImageForm(blocks.StructBlock):
    """A picture of the editor's own."""

    image = ImageChooserBlock(label=_("Picture"))
    texts = WordsBlock(ImageRow(), label=_("Words"))

    class Meta:
        icon = "image"
        label = _("Picture")
        group = OWN


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    """Return the picture, with its texts in this language if there are any."""
    row = loaded.row(value) or {"alt": "", "caption": ""}
    key = value["image"].pk if value["image"] else None
    picture = loaded.picture(key, cut=WIDE, alt=row["alt"])
    if picture is None:
        raise Deleted
    return ToldBlock(
        kept={"image": key, "alt": row["alt"], "caption": row["caption"]},
        shown={"picture": picture, "caption": row["caption"]},
        pictures=(picture,),
    )


def show(kept: KeptBlock) -> ImageBlock | None:
    """Return the picture if it is public."""
    return ImageBlock(**kept.words("caption"), image=kept.image) if kept.image else None


IMAGE = IssueBlockKind(
    name="image",
    form=ImageForm,
    tell=tell,
    schema=ImageBlock,
    show=show,
    mjml="newsletters/mail/blocks/image.mjml",
    text="newsletters/mail/blocks/image.txt",
)
