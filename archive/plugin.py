"""What the archive adds to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from django.utils.translation import gettext as _
from pydantic import Field

from archive.schemas import (
    ArchiveArchiveDetail,
    ArchiveArchiveSummary,
    ArchiveItemDetail,
    ArchiveItemSummary,
    Kind,
)
from cms.plugins import PageFilter, PageType, Plugin, StoryCard

if TYPE_CHECKING:
    from archive.models import ArchiveItemPage

Year = Annotated[int, Field(examples=[2019])]


def item_facts(page: ArchiveItemPage) -> dict[str, str | int]:
    """Return what a newsletter's card says about an item, with its kind in the active language."""
    return {"kind": page.get_kind_display(), "year": page.year, "page_count": page.page_count or 0}


def item_link(page: ArchiveItemPage) -> str:
    """Return the text of the link to an item in a newsletter, in the active language."""
    words = {
        "magazine": _("Open the magazine"),
        "publication": _("Open the publication"),
        "project": _("See how the project went"),
        "event": _("Look back at the event"),
    }
    return words.get(page.kind, "")


plugin = Plugin(
    name="archive",
    contract=2,
    content=("hub_archive.ArchiveItemLink",),
    pages=(
        PageType(
            model="hub_archive.ArchivePage",
            type="archive",
            summary=ArchiveArchiveSummary,
            detail=ArchiveArchiveDetail,
        ),
        PageType(
            model="hub_archive.ArchiveItemPage",
            type="archive-item",
            summary=ArchiveItemSummary,
            detail=ArchiveItemDetail,
            filters=(
                PageFilter(name="kind", lookup="kind", annotation=Kind, description="Archive items of this kind."),
                PageFilter(name="year", lookup="year", annotation=Year, description="Archive items of this year."),
            ),
            orders=("year",),
        ),
    ),
    story_cards=(
        StoryCard(
            type="archive-item",
            section="archive",
            mjml="archive/mail/item.mjml",
            text="archive/mail/item.txt",
            facts=item_facts,
            link_text=item_link,
        ),
    ),
)
