"""Remove camera notes from pictures that were stored before the hub did so itself."""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db.models.fields.files import FieldFile
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage, AbstractRendition

from cms.pictures.notes import without_notes


class Command(BaseCommand):
    help = "Remove camera notes (place, owner) from stored pictures and their smaller files. Can be run again."

    def handle(self, **_options: object) -> None:
        images = get_image_model()
        originals = sum(_renew(image) for image in images.objects.order_by("pk").iterator())
        renditions = images.get_rendition_model().objects.order_by("pk").iterator()
        self.stdout.write(
            f"Removed notes from {originals} pictures and {sum(map(_overwrite, renditions))} smaller files."
        )


def _plain(file: FieldFile) -> ContentFile[bytes] | None:
    """Return the file without its notes; None if it has none or cannot be read."""
    try:
        with file.storage.open(file.name or "") as stored:
            original = stored.read()
        plain = without_notes(original)
    except Exception:  # storages and broken pictures raise all kinds of errors
        return None
    return ContentFile(plain, name=file.name) if plain != original else None


def _renew(image: AbstractImage) -> bool:
    """Store a cleaned original under a new name, then delete the old file: an interruption loses nothing."""
    plain = _plain(image.file)
    if plain is None:
        return False
    storage, old = image.file.storage, image.file.name
    name = storage.save(old, plain)
    images = get_image_model().objects.filter(pk=image.pk)
    images.filter(file=old).update(file=name)
    image.refresh_from_db()
    image._set_image_file_metadata()  # noqa: SLF001 - Wagtail has no public way
    measured = {field: getattr(image, field) for field in ("file_size", "file_hash")}
    width, height = image.file.get_image_dimensions()
    image.file.close()
    images.update(width=width, height=height, **measured)
    storage.delete(old)
    return True


def _overwrite(rendition: AbstractRendition) -> bool:
    """Write the cleaned file under its old name: mails that were sent load it from there."""
    plain = _plain(rendition.file)
    if plain is None:
        return False
    storage, name = rendition.file.storage, rendition.file.name
    storage.delete(name)
    storage.save(name, plain)
    return True
