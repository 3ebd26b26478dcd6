"""What used to be at a path: pages that were public and no longer are."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.db.models.signals import pre_delete
from django.utils import timezone
from wagtail.models import Page, Site

from cms.content.site_tree import SiteRoot, structure
from cms.models import GonePath

LONGEST_PATH = 1000  # characters: what `/resolve` takes and the column holds


def is_gone(*, root: SiteRoot, rest: str, now: datetime) -> bool:
    """Return whether there was a public page at `rest` under the front page `root`, and there is none at `now`.

    Pages behind a view restriction do not count, and neither do drafts that were never published.
    """
    path = f"{root.address}{rest}"
    if GonePath.objects.filter(site_id=root.site.pk, path=path).exists():
        return True
    slug = rest.rstrip("/").rpartition("/")[2] or root.url_path.split("/")[-2]
    drafts = Page.objects.filter(Q(live=False) | Q(expire_at__lte=now), first_published_at__lte=now)
    page = drafts.filter(slug=slug, url_path=f"{root.url_path}{rest}").first()
    return page is not None and _was_public(page, site=root.site)


def connect() -> None:
    """Listen for deletions; called once, when the app is ready."""
    pre_delete.connect(_on_delete, sender=Page, dispatch_uid="hub_cms.gone")


def _on_delete(*, instance: Page, **_kwargs: object) -> None:
    root = structure().root_over(instance.url_path, site=Site())
    if root and instance.live and instance.pk != root.pk and _was_public(instance, site=root.site):
        path = f"{root.address}{instance.url_path.removeprefix(root.url_path)}"
        if len(path) <= LONGEST_PATH:
            GonePath.record(site=root.site, path=path, now=timezone.now())


def _was_public(page: Page, *, site: Site) -> bool:
    tree = structure()
    hidden = (*tree.foreign_paths(site), *tree.closed_paths)
    return not (hidden and page.path.startswith(hidden))
