"""The archive's page types in the Content API."""

from typing import Literal

from pydantic import Field
from wagtail.models import Page

from cms.api.context import BuildContext
from cms.api.json_ld import creative_work
from cms.api.schemas import Document, NamedLink, PageDetail, PageSummary
from cms.plugins import References

Kind = Literal["magazine", "publication", "project", "event"]
SCHEMA_TYPES = {"magazine": "PublicationIssue", "publication": "Report"}  # all others are just a CreativeWork


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
    page_count: int | None = Field(description="How many pages the document has, if known.", examples=[48])
    outcome: str = Field(
        description="What became of it, in plain text; may be empty.", examples=["Three organisations still use it."]
    )
    links: list[NamedLink] = Field(description="Links to other websites, in the editors' order; may be empty.")

    @classmethod
    def references(cls, *, page: Page) -> References:
        """Return a reference to the document."""
        return References(documents=frozenset({page.document_id} - {None}))

    @classmethod
    def extra(cls, *, page: Page, context: BuildContext) -> dict[str, object]:
        """Return the document, if it is public."""
        links = [NamedLink(text=link.text, url=link.url) for link in page.listed_links]
        return {"document": context.document(page.document_id), "links": links}

    def schema_org(self) -> dict[str, object]:
        """Return a magazine, a report or another work of that year, with its file."""
        document = self.document
        file = {"@type": "MediaObject", "contentUrl": document.url, "name": document.title} if document else None
        if file and document and document.size:
            file["contentSize"] = str(document.size)
        return {
            **creative_work(self),
            "@type": SCHEMA_TYPES.get(self.kind, "CreativeWork"),
            "datePublished": str(self.year),
            "numberOfPages": self.page_count,
            "encoding": file,
            "citation": [link.url for link in self.links],
        }
