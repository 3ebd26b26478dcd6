"""What the admin's forms check beyond Wagtail's own checks."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from wagtail.images.fields import WagtailImageField
from wagtail.images.forms import BaseImageForm


class ReadableImageField(WagtailImageField):
    """Refuses a file that begins as a picture and is none: Wagtail lets Pillow's errors through as a 500."""

    def check_image_pixel_size(self, f: Any) -> None:
        """Raise ValidationError for a picture that cannot be unpacked, or is too large."""
        try:
            super().check_image_pixel_size(f)
        except ValidationError:
            raise
        except Exception as error:  # Pillow raises nearly anything for a broken file
            raise ValidationError(self.error_messages["invalid_image"], code="invalid_image") from error


class ImageForm(BaseImageForm):
    """The form for an image, at upload, in the chooser and when it is edited."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("file"):
            self.fields["file"] = ReadableImageField(label=field.label, required=field.required, widget=field.widget)
