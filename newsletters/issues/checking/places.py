"""The name of the place where a finding is to be fixed, in words for staff."""

from __future__ import annotations

from bs4 import BeautifulSoup
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from wagtail.blocks import StreamValue
from wagtail.rich_text import RichText

from cms.plugins.issue_checks import Finding
from cms.plugins.registry import issue_block_kinds
from newsletters.issues.deleted_pages import deleted_titles
from newsletters.models import IssuePage, IssueText
from newsletters.values.page_words import page_key

ENDS = ["br", "li", "p"]  # where one word ends and the next begins, without a space between them
MOST_CHARACTERS = 48


def place_name(finding: Finding, *, issue: IssuePage) -> str:
    """Return a story's title, another block's kind and its first words, or a field's name."""
    place = finding.place
    if place and place.block_id:
        block = next((block for block in issue.body if str(block.id) == place.block_id), None)
        return _block_name(block, issue=issue, language=finding.language) if block else _("A block")
    if place and place.part == "newsletter":
        return _("Settings of the newsletter")
    if place and place.part == "stories":
        return _("Stories")
    if place and place.part == "recipients":
        return _("Recipients")
    if place and place.part:
        return capfirst(getattr(IssueText, place.part).field.verbose_name)
    return _("The whole mail")


def _block_name(block: StreamValue.StreamChild, *, issue: IssuePage, language: str) -> str:
    words = _first_words(block, issue=issue, language=language)
    if block.block_type == "story" and words:
        return words
    return f"{block.block.label}: “{words}”" if words else str(block.block.label)


def _first_words(block: StreamValue.StreamChild, *, issue: IssuePage, language: str) -> str:
    """Return the block's first words in the language, else in any other, else the title of what it shows."""
    value = block.value or {}
    page, image = value.get("page"), value.get("image")
    source = issue.sources.get(page_key(page), {}) if page else {}
    rows = {row["language"]: row for row in value.get("texts", ())}
    words = []
    for code in sorted({*rows, *source}, key=lambda code: (code != language, code)):
        row = rows.get(code, {})
        if block.block_type == "story":
            words.append(row.get("title"))
        elif not _tells_page(block):
            words += [_plain(text) for name, text in row.items() if name != "language"]
        if code in source:
            words.append(source[code].title)
    if not page:
        words.append(deleted_titles(issue).get(str(block.id), ""))
    words += [page.title if page else "", value.get("url"), image.title if image else ""]
    return Truncator(next(filter(None, words), "")).chars(MOST_CHARACTERS)


def _tells_page(block: StreamValue.StreamChild) -> bool:
    kind = issue_block_kinds().get(block.block_type)
    return kind is not None and kind.tells_page


def _plain(text: RichText | str) -> str:
    soup = BeautifulSoup(getattr(text, "source", text), "html.parser")
    for end in soup.find_all(ENDS):
        end.insert_after(" ")
    return " ".join(soup.get_text().split())
