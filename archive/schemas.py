"""The archive's page types in the Content API."""

from typing import Literal

from pydantic import Field
from wagtail.models import Page

from cms.api.context import BuildContext
from cms.api.json_ld import creative_work
from cms.api.schemas import Document, PageDetail, PageSummary
from cms.plugins import References

Kind = Literal["publication", "project", "event"]


class ArchiveArchiveSummary(PageSummary):
    """The front page of an archive."""

    type: Literal["archive"] = Field(description="Says that this is an archive.")


class ArchiveArchiveDetail(ArchiveArchiveSummary, PageDetail):
    """The front page of an archive, in full."""


class ArchiveItemSummary(PageSummary):
    """One item of an archive."""

    type: Literal["archive-item"] = Field(description="Says that this is an item of an archive.")
    kind: Kind = Field(description="What sort of item it is.")
    year: int = Field(description="The year it is from.", examples=[2019])


class ArchiveItemDetail(ArchiveItemSummary, PageDetail):
    """One item of an archive, in full."""

    document: Document | None = Field(description="The publication itself, if there is one to download.")

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return a reference to the document."""
        return References(documents=frozenset({page.document_id} - {None}))

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the document, if it is public."""
        return {"document": context.document(page.document_id)}

    def schema_org(self) -> dict[str, object]:
        """Return a report or another work of that year, with its file."""
        document = self.document
        file = {"@type": "MediaObject", "contentUrl": document.url, "name": document.title} if document else None
        kind = "Report" if self.kind == "publication" else "CreativeWork"
        return {**creative_work(self), "@type": kind, "datePublished": str(self.year), "encoding": file}
