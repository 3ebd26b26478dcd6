"""A page as the issue presents it."""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks
from wagtail.images.blocks import ImageChooserBlock

from cms.api.values import BodyBlock, Image, PageRef
from cms.models import HubPage
from cms.plugins import IssueBlockKind, KeptBlock, LeftOut, ToldBlock
from newsletters.editions.blocks.rows import FROM_THE_SITE, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import NO_WORDS, NOT_PUBLIC, LoadedPages
from newsletters.editions.stories import pictures_of, story_of
from newsletters.values.page_words import PageWords, story_words


class StoryRow(InLanguageBlock):
    """A story's texts in one language, where they differ from the page's; the link leads to the page's translation."""

    title = blocks.CharBlock(label=_("Title"), max_length=160, required=False)
    teaser = blocks.TextBlock(label=_("Teaser"), max_length=600, required=False, rows=3)
    link_text = blocks.CharBlock(
        label=_("Link text"), max_length=80, required=False, help_text=_("Says where the link leads.")
    )


class StoryForm(blocks.StructBlock):
    """A page as this issue presents it: texts and picture are copies that the editor may change."""

    page = blocks.PageChooserBlock(label=_("Page"), page_type="hub_cms.HubPage")
    is_lead = blocks.BooleanBlock(label=_("Lead story: first, large, for everyone"), required=False)
    without_teaser = blocks.BooleanBlock(label=_("Without teaser: only title and link"), required=False)
    texts = WordsBlock(
        StoryRow(),
        label=_("Words"),
        help_text=_("Whatever you leave empty is taken from the page. Without a row, that language has no story."),
    )
    image = ImageChooserBlock(label=_("Picture"), required=False, help_text=_("Replaces the page's own picture."))

    class Meta:
        icon = "doc-full-inverse"
        label = _("Story")
        label_format = "{page}"
        group = FROM_THE_SITE


class NewslettersStoryBlock(BodyBlock):
    """A page as the issue presents it."""

    type: Literal["story"] = Field(description="Says that this is a story.")
    is_lead: bool = Field(description="Whether it is the lead story.", examples=[False])
    title: str = Field(description="The story's title.", examples=["A village budget on the wall"])
    teaser: str = Field(description="What it is about; may be empty.", examples=["Who decides, and who may know?"])
    link_text: str = Field(description="Says where the link leads.", examples=["Read how villages follow the money"])
    image: Image | None = Field(description="The story's picture.")
    page: PageRef | None = Field(description="The page that it leads to, as it is now; null if it is no longer public.")


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    """Return the story in the editor's words, or else in the page's own as the issue remembers them."""
    page, row = loaded.page(value["page"]), loaded.row(value)
    if page is None:
        raise LeftOut(NOT_PUBLIC)
    source = loaded.source(value["page"])
    if row is None or not (row["title"] or source):
        raise LeftOut(NO_WORDS)
    key, alt = _picture_of(page, value=value, source=source)
    pictures, notices = pictures_of(key, alt=alt, loaded=loaded)
    words = story_words(row, source)
    teaser = "" if value.get("without_teaser") else words["teaser"]
    story = story_of(page, teaser=teaser, words=words, loaded=loaded, pictures=pictures)
    kept = {
        "is_lead": value["is_lead"],
        "title": story.title,
        "teaser": story.teaser,
        "link_text": story.link_text,
        "page": page.pk,
        "image": key,
        "alt": alt,
    }
    return ToldBlock(kept=kept, story=story, notices=notices)


def _picture_of(page: HubPage, *, value: blocks.StructValue, source: PageWords | None) -> tuple[int | None, str]:
    if value["image"]:
        return value["image"].pk, value["image"].description
    return (source.image, source.alt) if source else (page.image_id, page.alt)


def show(kept: KeptBlock) -> NewslettersStoryBlock:
    """Return the story, even if its page is no longer public."""
    words = kept.words("is_lead", "title", "teaser", "link_text")
    return NewslettersStoryBlock(**words, image=kept.image, page=kept.page)


STORY = IssueBlockKind(
    name="story", form=StoryForm, tell=tell, schema=NewslettersStoryBlock, show=show, tells_page=True
)
