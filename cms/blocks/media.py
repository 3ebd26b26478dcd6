"""A sound or a film, with its words to read."""

from __future__ import annotations

from typing import Literal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.embeds.blocks import EmbedBlock as EmbedForm

from cms.api.context import BuildContext
from cms.api.values import BodyBlock, Document, Embed
from cms.blocks.groups import PICTURES
from cms.blocks.text import EXAMPLE_HTML, PLAIN_FEATURES
from cms.content.references import rich_text_references, stored_key, stored_keys
from cms.plugins import BlockKind, References, StoredBlock
from cms.plugins.contract import StoredValue

Medium = Literal["audio", "video"]
# What browsers play; the settings say which of these may be uploaded.
PLAYED = {"audio": {"m4a", "mp3", "ogg", "wav"}, "video": {"mp4", "webm"}}


class MediaForm(blocks.StructBlock):
    medium = blocks.ChoiceBlock(
        label=_("Kind"), choices=[("audio", _("Sound")), ("video", _("Film"))], default="video", search_index=False
    )
    title = blocks.CharBlock(label=_("Title"), max_length=160)
    document = DocumentChooserBlock(
        label=_("Document"), required=False, help_text=_("Sound: MP3, M4A, OGG or WAV. Film: MP4 or WebM.")
    )
    embed = EmbedForm(
        label=_("Or an address"),
        required=False,
        help_text=_("The address of a video or a post at a provider, such as YouTube or Vimeo."),
    )
    transcript = blocks.RichTextBlock(
        label=_("Transcript"),
        features=PLAIN_FEATURES,
        help_text=_("What is said and what can be heard and seen, for those who cannot hear or see it."),
    )

    class Meta:
        icon = "media"
        label = _("Sound or film")
        label_format = "{title}"
        description = _("A sound or a film, with its words to read.")
        group = PICTURES
        preview_template = "cms/block_preview.html"
        preview_value = {"medium": "audio", "title": _("A talk about learning"), "transcript": EXAMPLE_HTML}

    def clean(self, value: blocks.StructValue) -> blocks.StructValue:
        cleaned = super().clean(value)
        document, medium = cleaned["document"], cleaned["medium"]
        if bool(document) == bool(cleaned["embed"]):
            both, neither = _("Choose a file or enter an address, not both."), _("Choose a file or enter an address.")
            raise blocks.StructBlockValidationError(non_block_errors=[both if document else neither])
        if document and document.file_extension not in PLAYED.get(medium, ()):
            wrong = ValidationError(_("Browsers do not play this file as what you chose under “Kind”."))
            raise blocks.StructBlockValidationError(block_errors={"document": wrong})
        return cleaned


class MediaBlock(BodyBlock):
    """A sound or a film, with its words to read. It has either a document or an embed."""

    type: Literal["media"] = Field(description="Says that this is a sound or a film.")
    medium: Medium = Field(description="Which of the two it is.", examples=["audio"])
    title: str = Field(description="The title.", examples=["A talk about learning"])
    document: Document | None = Field(description="The file to play, if it is one of this site.")
    embed: Embed | None = Field(description="What it is and where it is, if it is at another site.")
    transcript_html: str = Field(
        description="What is said and what can be heard and seen, as sanitised HTML.",
        examples=["<p>Welcome. Today we talk about learning.</p>"],
    )


def build(stored: StoredBlock, context: BuildContext) -> MediaBlock | None:
    document = context.document(stored_key(stored.value.get("document")))
    embed = context.embed(stored.value["embed"]) if not document and stored.value.get("embed") else None
    if not document and not embed:
        return None
    return MediaBlock(
        id=stored.id,
        type="media",
        medium="audio" if stored.value.get("medium") == "audio" else "video",
        title=stored.value.get("title") or "",
        document=document,
        embed=embed,
        transcript_html=context.html(stored.value.get("transcript") or "", locale_id=stored.locale_id),
    )


def references(value: StoredValue) -> References:
    own = References(
        documents=stored_keys([value.get("document")]), embeds=frozenset({value.get("embed") or ""} - {""})
    )
    return own | rich_text_references(value.get("transcript") or "")


MEDIA = BlockKind(
    name="media",
    form=MediaForm,
    schema=MediaBlock,
    build=build,
    template="cms/blocks/media.html",
    references=references,
)
