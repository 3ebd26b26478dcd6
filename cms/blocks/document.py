"""A file to download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Document
from cms.blocks.groups import PICTURES
from cms.content.references import stored_keys
from cms.plugins import BlockKind, References, StoredBlock


class DocumentForm(blocks.StructBlock):
    document = DocumentChooserBlock(label=_("Document"))
    label = blocks.CharBlock(label=_("Link text"), required=False, max_length=120)

    class Meta:
        icon = "doc-full"
        label = _("Document")
        description = _("A link to a file, with its type and size.")
        group = PICTURES
        preview_template = "cms/block_preview.html"
        preview_value = {"document": None, "label": _("Read the report")}


class DocumentBlock(BodyBlock):
    """A file to download."""

    type: Literal["document"] = Field(description="Says that this is a file to download.")
    label: str = Field(
        description="The link text: the editor's, or else the document's title.", examples=["Read the report"]
    )
    document: Document = Field(description="The file.")


def build(stored: StoredBlock, context: BuildContext) -> DocumentBlock | None:
    document = context.document(stored.value.get("document"))
    if document is None:
        return None
    label = stored.value.get("label") or document.title
    return DocumentBlock(id=stored.id, type="document", label=label, document=document)


def references(value: Mapping[str, object]) -> References:
    return References(documents=stored_keys([value.get("document")]))


DOCUMENT = BlockKind(
    name="document",
    form=DocumentForm,
    schema=DocumentBlock,
    build=build,
    template="cms/blocks/document.html",
    references=references,
)
