"""The paths of deleted public pages, so that the website can say that they are gone."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from wagtail.models import Site


class GonePath(models.Model):
    """A path of the website, such as `/en/themes/data/maps/`, that no longer leads to a page."""

    # No constraint: a site may be deleted together with its pages, whose paths are recorded in the same step.
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    path = models.CharField(max_length=1000)
    gone_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "path"], name="hub_cms_one_gone_path")]

    def __str__(self) -> str:
        return self.path

    @classmethod
    def record(cls, *, site: Site, path: str, now: datetime) -> None:
        """Record that the page at `path` has been gone since `now`."""
        cls.objects.update_or_create(site_id=site.pk, path=path, defaults={"gone_at": now})
