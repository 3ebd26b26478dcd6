"""The admin's form for images, with more checks than Wagtail's own."""

from __future__ import annotations

from typing import IO, Protocol

from django.core.exceptions import ValidationError
from PIL import Image
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm
from willow.image import ImageFile

from cms.pictures.encode import MOST_PIXELS
from cms.pictures.notes import frame_count


class OpenedUpload(Protocol):
    """An uploaded file, with the image that Wagtail's field has opened from it."""

    image: ImageFile


class ReadableImageField(WagtailImageField):
    """Refuses a broken picture: Wagtail would let Pillow's errors through as a 500."""

    def check_image_pixel_size(self, f: OpenedUpload) -> None:
        """Raise ValidationError for a picture that is too large, or that has a frame that cannot be decoded."""
        try:
            super().check_image_pixel_size(f)
            _unpack_every_frame(f.image.f)
        except ValidationError:
            raise
        except Exception as error:  # Pillow raises nearly anything for a broken file
            raise ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error


def _unpack_every_frame(file: IO[bytes]) -> None:
    """Raise Pillow's error for a broken animation; one that is too large to decode is accepted unchecked."""
    file.seek(0)
    picture = Image.open(file)
    if picture.format == "MPO" or not getattr(picture, "is_animated", False):
        return  # an MPO is a photo with others attached, not an animation
    frames = frame_count(picture)
    if frames * picture.width * picture.height <= MOST_PIXELS:
        for number in range(frames):
            picture.seek(number)
            picture.load()


class ImageForm(BaseImageForm):
    """The form for an image, at upload, in the chooser and when it is edited."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            self.fields["file"] = ReadableImageField(label=field.label, required=field.required, widget=field.widget)
