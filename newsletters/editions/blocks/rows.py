"""Parts of the blocks' forms: texts, with one row per language."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.coreutils import get_content_languages

FROM_THE_SITE, OWN = _("From the site"), _("Your own")  # groups in the menu of blocks


def language_choices() -> list[tuple[str, str]]:
    """Return the site's languages as (code, name), without a query: Wagtail asks for them with every value."""
    return list(get_content_languages().items())


class WordsBlock(blocks.ListBlock):
    """Texts in several languages, one row each; if there are none, the editor offers a row per language."""

    class Meta:
        default: list[object] = []

    def get_form_state(self, value: blocks.list_block.ListValue | None) -> object:
        empty = self.child_block.get_default()
        rows = value or [self.child_block.normalize({**empty, "language": code}) for code, _name in language_choices()]
        return super().get_form_state(rows)

    def clean(self, value: blocks.list_block.ListValue) -> blocks.list_block.ListValue:
        cleaned = super().clean(value)
        seen: set[str] = set()
        for index, row in enumerate(cleaned):
            if row["language"] in seen:
                twice = ValidationError(_("This language is in the list twice."))
                raise blocks.ListBlockValidationError(
                    block_errors={index: blocks.StructBlockValidationError({"language": twice})}
                )
            seen.add(row["language"])
        return cleaned


class InLanguageBlock(blocks.StructBlock):
    """The texts in one language."""

    language = blocks.ChoiceBlock(label=_("Language"), choices=language_choices)

    class Meta:
        label_format = "{language}"
