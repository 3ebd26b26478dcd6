"""A team member, shown by the story card of their page."""

from __future__ import annotations

from typing import Literal

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from pydantic import Field
from wagtail import blocks

from cms.api.values import BodyBlock, Image, PageRef
from cms.models import HubPage
from cms.plugins import IssueBlockKind, KeptBlock, LeftOut, Notice, ToldBlock
from cms.plugins.registry import page_types, story_cards
from newsletters.editions.blocks.rows import FROM_THE_SITE, InLanguageBlock, WordsBlock
from newsletters.editions.loaded_pages import NO_WORDS, NOT_PUBLIC, LoadedPages
from newsletters.editions.pictures import PORTRAIT
from newsletters.editions.stories import pictures_of, story_of

PEOPLE = "people"  # the section
NO_PORTRAIT = Notice(message=_("There is no portrait."), mend=_("Choose a picture on the person’s page, or leave it."))


class PersonRow(InLanguageBlock):
    """A few words about someone in one language."""

    words = blocks.TextBlock(label=_("Words"), max_length=600, required=False, rows=3)


class PersonChooserBlock(blocks.PageChooserBlock):
    """Chooses among the pages about people, whichever plugin has them."""

    @cached_property
    def target_models(self) -> list[type[models.Model]]:
        return [model for model, kind in page_types().items() if is_about_people(kind.type)] or [HubPage]


def is_about_people(page_type: str) -> bool:
    """Return whether pages of this type are about a person: their story card is in the section of people."""
    card = story_cards().get(page_type)
    return card is not None and card.section == PEOPLE


class PersonForm(blocks.StructBlock):
    """A team member, with portrait, name and function; a text left empty is the page's summary."""

    page = PersonChooserBlock(label=_("Team member"))
    texts = WordsBlock(PersonRow(), label=_("Words"), help_text=_("Whatever you leave empty is taken from the page."))

    class Meta:
        icon = "user"
        label = _("Team member")
        label_format = "{page}"
        group = FROM_THE_SITE


class NewslettersPersonBlock(BodyBlock):
    """A team member."""

    type: Literal["person"] = Field(description="Says that this is a person.")
    name: str = Field(description="The person's name.", examples=["Gigi Ong-Alok"])
    words: str = Field(description="A few words about the person; may be empty.", examples=["Guides the labs."])
    image: Image | None = Field(description="The portrait.")
    page: PageRef | None = Field(description="The person's page, as it is now; null if it is no longer public.")


def tell(value: blocks.StructValue, loaded: LoadedPages) -> ToldBlock:
    """Return the person, in the editor's words if there are any."""
    page = loaded.page(value["page"])
    if page is None:
        raise LeftOut(NOT_PUBLIC)
    source = loaded.source(value["page"])
    if source is None:
        raise LeftOut(NO_WORDS)
    row = loaded.row(value)
    pictures, notices = pictures_of(source.image, alt=source.alt, loaded=loaded, small=PORTRAIT)
    words = (row["words"] if row else "") or source.teaser
    named = {"title": source.title, "link_text": source.link_text}
    return ToldBlock(
        kept={"name": source.title, "words": words, "page": page.pk, "image": source.image, "alt": source.alt},
        story=story_of(page, words=named, teaser=words, loaded=loaded, pictures=pictures),
        pictures=tuple(picture for picture in (pictures.get("thumbnail"),) if picture),
        notices=notices if source.image else (NO_PORTRAIT,),
    )


def show(kept: KeptBlock) -> NewslettersPersonBlock:
    """Return the person, even if the page is no longer public."""
    return NewslettersPersonBlock(**kept.words("name", "words"), image=kept.image, page=kept.page)


PERSON = IssueBlockKind(
    name="person",
    form=PersonForm,
    tell=tell,
    schema=NewslettersPersonBlock,
    show=show,
    section=PEOPLE,
    tells_page=True,
)
