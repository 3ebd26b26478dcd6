"""Turn Wagtail's images into the pictures of a mail: cut for their places, never shown larger than their files."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import AbstractImage, AbstractRendition, SourceImageIOError

from cms.content.site_tree import structure
from cms.plugins import LeftOut
from newsletters.conf import conf
from newsletters.values.look import Picture

logger = logging.getLogger(__name__)

CHOOSE_AGAIN = _("Choose the picture again, or another one.")


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A place in the mail: Wagtail's filter for its files, and its width in screen pixels."""

    spec: str
    room: int


PICTURE = Cut(spec="fill-1200x675|format-jpeg|jpegquality-78", room=600)
THUMBNAIL = Cut(spec="fill-640x480|format-jpeg|jpegquality-78", room=320)  # wide on a phone; smaller beside the text
PORTRAIT = Cut(spec=THUMBNAIL.spec, room=96)
WIDE = Cut(spec="width-1072|format-jpeg|jpegquality-78", room=536)
LOGO = "max-480x112|format-png"  # twice the size shown, for dense screens; PNG keeps transparency
LOGO_ROOM = (240, 56)


class NoPicture(LeftOut):
    """A picture cannot be shown: the messages about a story and about a picture block, and what to do."""

    story: str | Promise
    block: str | Promise
    mend: str | Promise = CHOOSE_AGAIN

    def __init__(self) -> None:
        super().__init__(self.block, mend=self.mend)


class Deleted(NoPicture):
    story = _("Its picture was deleted, so the story is shown without it.")
    block = _("it has no picture")


class FileMissing(NoPicture):
    story = _("Its picture's file is missing, so the story is shown without it.")
    block = _("its picture is missing")


class Private(NoPicture):
    story = _("Its picture is in a private collection, so the story is shown without it.")
    block = _("its picture is in a private collection")
    mend = _("Move the picture to a collection that is public, or choose another one.")


class NotConvertible(NoPicture):
    story = _("Its picture's file cannot be converted, so the story is shown without it.")
    block = _("its picture cannot be converted")
    mend = _("Save the picture as JPEG or PNG with another program and upload that, or choose another one.")


def cut_picture(image: AbstractImage, *, cut: Cut, alt: str) -> Picture:
    """Return the image cut for this place; raise NoPicture, whose subclasses say why, if it cannot be shown."""
    rendition = _rendition(image, cut.spec)
    return Picture(
        url=_address(rendition),
        width=rendition.width,
        height=rendition.height,
        alt=alt,
        room=cut.room,
        tallness=image.height / image.width if image.width else 0,
    )


def cut_logo(image: AbstractImage, *, alt: str) -> Picture:
    """Return the image as a logo, in the size in which it is shown; raise NoPicture if it cannot be shown."""
    if image.collection_id in structure().closed_collections:
        raise Private
    rendition = _rendition(image, LOGO)
    scale = min(most / size for most, size in zip(LOGO_ROOM, (rendition.width, rendition.height), strict=True))
    shown = min(scale, 1)
    return Picture(
        url=_address(rendition),
        width=max(1, round(rendition.width * shown)),
        height=max(1, round(rendition.height * shown)),
        alt=alt,
        room=round(rendition.width * scale),
    )


def _rendition(image: AbstractImage, spec: str) -> AbstractRendition:
    try:
        return image.get_rendition(spec)
    except SourceImageIOError as error:
        logger.warning("The file of picture %s cannot be read: %s", image.pk, error)
        raise FileMissing from error
    except Exception as error:  # Pillow raises nearly anything for a broken file: OSError, SyntaxError, struct.error …
        logger.warning("Picture %s cannot be converted: %s", image.pk, error)
        raise NotConvertible from error


def _address(rendition: AbstractRendition) -> str:
    url: str = rendition.url
    return url if url.startswith("http") else f"{conf.PUBLIC_URL}{url}"
