"""What the forms of blocks are made of: words, a row for each language."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.coreutils import get_content_languages

FROM_THE_SITE, OWN = _("From the site"), _("Your own")  # the groups in the editor's menu of blocks


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
