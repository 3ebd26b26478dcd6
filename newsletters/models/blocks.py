"""The blocks that an issue is made of: stories told from pages, and blocks of the editor's own."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.coreutils import get_content_languages
from wagtail.images.blocks import ImageChooserBlock

from cms.models import HubPage
from cms.plugins.registry import page_types, story_cards


def language_choices() -> list[tuple[str, str]]:
    """Return the site's languages as (code, name), without a query: Wagtail asks again for every value it reads."""
    return list(get_content_languages().items())


class WordsBlock(blocks.ListBlock):
    """Words in several languages, one row each; without any, the editor offers a row for every language of the site."""

    class Meta:
        default: list[Any] = []

    def get_form_state(self, value: Any) -> Any:
        empty = self.child_block.get_default()
        rows = value or [self.child_block.normalize({**empty, "language": code}) for code, _name in language_choices()]
        return super().get_form_state(rows)

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        seen: set[str] = set()
        for index, row in enumerate(cleaned):
            if row["language"] in seen:
                twice = ValidationError(_("This language is there twice."))
                raise blocks.ListBlockValidationError(
                    block_errors={index: blocks.StructBlockValidationError({"language": twice})}
                )
            seen.add(row["language"])
        return cleaned


class InLanguageBlock(blocks.StructBlock):
    """A row of words in one language."""

    language = blocks.ChoiceBlock(label=_("Language"), choices=language_choices)

    class Meta:
        label_format = "{language}"


class StoryTextBlock(InLanguageBlock):
    """A story's words in one language, where they differ from the page's; the link follows the page's translation."""

    title = blocks.CharBlock(label=_("Title"), max_length=160, required=False)
    teaser = blocks.TextBlock(label=_("Teaser"), max_length=600, required=False, rows=3)
    link_text = blocks.CharBlock(
        label=_("Link text"), max_length=80, required=False, help_text=_("Says where the link leads.")
    )


class StoryBlock(blocks.StructBlock):
    """A page as this issue tells it: words and picture are copies, which the editor may change."""

    page = blocks.PageChooserBlock(label=_("Page"), page_type="hub_cms.HubPage")
    is_lead = blocks.BooleanBlock(label=_("Lead story: first, large, for everyone"), required=False)
    without_teaser = blocks.BooleanBlock(label=_("Without teaser: only title and link"), required=False)
    texts = WordsBlock(
        StoryTextBlock(),
        label=_("Words"),
        help_text=_("What you leave empty is told in the page's own words. Without a row, it is not told there."),
    )
    image = ImageChooserBlock(label=_("Picture"), required=False, help_text=_("Instead of the page's own picture."))

    class Meta:
        icon = "doc-full-inverse"
        label = _("Story")
        label_format = "{page}"


class RichTextRow(InLanguageBlock):
    """Running text in one language."""

    text = blocks.RichTextBlock(label=_("Text"), features=["bold", "italic", "link", "ol", "ul"], required=False)


class QuoteRow(InLanguageBlock):
    """A quotation in one language."""

    quote = blocks.TextBlock(label=_("Quote"), max_length=600, required=False, rows=2)
    attribution = blocks.CharBlock(label=_("Who said it, or where it stands"), max_length=160, required=False)


class ButtonRow(InLanguageBlock):
    """A button's words in one language."""

    label = blocks.CharBlock(
        label=_("Label"), max_length=80, required=False, help_text=_("Says where the button leads.")
    )


class ImageRow(InLanguageBlock):
    """What a picture shows, in one language."""

    alt = blocks.CharBlock(
        label=_("Text alternative"),
        max_length=255,
        required=False,
        help_text=_("What the picture shows. Leave it empty if it only decorates."),
    )
    caption = blocks.CharBlock(label=_("Caption"), max_length=255, required=False)


class PersonRow(InLanguageBlock):
    """A few words about someone in one language."""

    words = blocks.TextBlock(label=_("Words"), max_length=600, required=False, rows=3)


class TextBlock(blocks.StructBlock):
    """Text of the editor's own."""

    texts = WordsBlock(RichTextRow(), label=_("Words"))

    class Meta:
        icon = "pilcrow"
        label = _("Text")


class QuoteBlock(blocks.StructBlock):
    """Words that stand out."""

    texts = WordsBlock(QuoteRow(), label=_("Words"))

    class Meta:
        icon = "openquote"
        label = _("Quote")


class ButtonBlock(blocks.StructBlock):
    """A link that stands out; a page's link follows its translation."""

    page = blocks.PageChooserBlock(label=_("Page"), required=False)
    url = blocks.URLBlock(label=_("Or an address"), required=False)
    texts = WordsBlock(ButtonRow(), label=_("Words"))

    class Meta:
        icon = "link"
        label = _("Button")

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if cleaned["page"] and cleaned["url"]:
            raise blocks.StructBlockValidationError(
                non_block_errors=[_("Choose a page or write an address, one of the two.")]
            )
        if not self.is_deferred_validation and not cleaned["page"] and not cleaned["url"]:
            raise blocks.StructBlockValidationError(
                non_block_errors=[_("Choose a page or write an address, one of the two.")]
            )
        return cleaned


class DividerBlock(blocks.StaticBlock):
    """A short rule between two parts."""

    class Meta:
        icon = "minus"
        label = _("Divider")
        admin_text = _("A short rule between what stands above and below.")


class ImageBlock(blocks.StructBlock):
    """A picture of the editor's own."""

    image = ImageChooserBlock(label=_("Picture"))
    texts = WordsBlock(ImageRow(), label=_("Words"))

    class Meta:
        icon = "image"
        label = _("Picture")


class PersonChooserBlock(blocks.PageChooserBlock):
    """Chooses among the pages about people, of whatever plugin has them."""

    @cached_property
    def target_models(self) -> list[type[models.Model]]:
        return [model for model, kind in page_types().items() if is_about_people(kind.type)] or [HubPage]


def is_about_people(page_type: str) -> bool:
    """Say whether pages of this type tell of a person: their story card stands among the people."""
    card = story_cards().get(page_type)
    return card is not None and card.section == "people"


class PersonBlock(blocks.StructBlock):
    """Someone of the team, with portrait, name and function; words left empty are the page's summary."""

    page = PersonChooserBlock(label=_("Team member"))
    texts = WordsBlock(
        PersonRow(), label=_("Words"), help_text=_("What you leave empty is told in the page's own words.")
    )

    class Meta:
        icon = "user"
        label = _("Team member")
        label_format = "{page}"


class IssueBlock(blocks.StreamBlock):
    """The stories of an issue and the editor's own blocks between them, in order."""

    story = StoryBlock(group=_("From the site"))
    person = PersonBlock(group=_("From the site"))
    text = TextBlock(group=_("Your own"))
    quote = QuoteBlock(group=_("Your own"))
    button = ButtonBlock(group=_("Your own"))
    image = ImageBlock(group=_("Your own"))
    divider = DividerBlock(group=_("Your own"))

    class Meta:
        collapsed = True  # a dozen stories in two languages: one sees their order, and opens what one changes

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if sum(1 for value in stories_of(cleaned) if value["is_lead"]) > 1:
            raise blocks.StreamBlockValidationError(
                non_block_errors=[_("An issue has one lead story. Untick the others.")]
            )
        return cleaned


def stories_of(body: Any) -> Iterator[Any]:
    """Yield the values of an issue's story blocks, in order."""
    return (block.value for block in body if block.block_type == "story")
