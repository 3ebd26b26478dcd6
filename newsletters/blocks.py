"""The blocks that an issue is made of."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.coreutils import get_content_languages
from wagtail.images.blocks import ImageChooserBlock


def language_choices() -> list[tuple[str, str]]:
    """Return the site's languages as (code, name), without a query: Wagtail asks again for every value it reads."""
    return list(get_content_languages().items())


class StoryTextBlock(blocks.StructBlock):
    """A story's words in one language; the link follows the page's translation."""

    language = blocks.ChoiceBlock(label=_("Language"), choices=language_choices)
    title = blocks.CharBlock(label=_("Title"), max_length=160)
    teaser = blocks.TextBlock(label=_("Teaser"), max_length=600, required=False, rows=3)
    link_text = blocks.CharBlock(
        label=_("Link text"), max_length=80, required=False, help_text=_("Says where the link leads.")
    )


class StoryBlock(blocks.StructBlock):
    """A page as this issue tells it: words and picture are copies, which the editor may change."""

    page = blocks.PageChooserBlock(label=_("Page"), page_type="hub_cms.HubPage")
    is_lead = blocks.BooleanBlock(label=_("Lead story: first, large, for everyone"), required=False)
    texts = blocks.ListBlock(StoryTextBlock(), label=_("Words"), min_num=1)
    image = ImageChooserBlock(label=_("Picture"), required=False, help_text=_("Instead of the page's own picture."))

    class Meta:
        icon = "doc-full-inverse"
        label = _("Story")
        label_format = "{page}"


class IssueBlock(blocks.StreamBlock):
    """The stories of an issue, in order."""

    story = StoryBlock()

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if sum(1 for block in cleaned if block.value["is_lead"]) > 1:
            raise blocks.StreamBlockValidationError(
                non_block_errors=[_("An issue has one lead story. Untick the others.")]
            )
        return cleaned
