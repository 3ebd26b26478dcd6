"""Make the renditions that images lack, after a deploy that adds a preset or a format, or after files were lost."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from wagtail.images import get_image_model

from cms.content.references import used_images
from cms.pictures.renditions import filter_specs, make_renditions, missing_renditions

REPORT_EVERY = 20


class Command(BaseCommand):
    help = "Make the missing renditions of public images in use. Can be stopped and started again."

    def handle(self, **_options: object) -> None:
        images = used_images().order_by("pk").prefetch_renditions(*filter_specs())
        unfinished = [image.pk for image in images.iterator(chunk_size=500) if missing_renditions(image)]
        made = 0
        for number, key in enumerate(unfinished, start=1):
            image = get_image_model().objects.filter(pk=key).first()  # read again: a worker may have changed it
            made += make_renditions(image=image) if image else 0
            if number % REPORT_EVERY == 0 or number == len(unfinished):
                self.stderr.write(f"{number} of {len(unfinished)} images")
        left = sum(bool(missing_renditions(image)) for image in images.filter(pk__in=unfinished))
        self.stdout.write(f"{made} renditions made for {len(unfinished)} images; {left} images still lack some.")
