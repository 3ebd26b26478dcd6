"""What an issue says in one language, block by block, as values that stay with the edition that was sent.

They are kept as JSON: words as readers got them, and the keys of pages and pictures, so that a website can show them
where those are still public. Rich text is kept as Wagtail stores it, with the keys of what it links to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from newsletters.editions.loaded_pages import Material
from newsletters.editions.stories import Told
from newsletters.editions.template_values import RenderedBlock
from newsletters.models import IssueText
from newsletters.values.page_words import PageWords

BlockValue = dict[str, Any]


def block_values(
    body: Iterable[Any],
    *,
    intro: str,
    text: IssueText,
    told: Iterable[Told],
    blocks: Iterable[RenderedBlock],
    material: Material,
) -> list[BlockValue]:
    """Return the intro and who signs it, if any, and the blocks of the mail with every story, in the editor's order."""
    told_at = {one.position: one for one in told}
    shown = {block.block_id for block in blocks}
    values = list(_opening(intro, text))
    for position, block in enumerate(body):
        key = str(block.id or "")
        if position in told_at:
            said = _story(told_at[position])
        elif block.block_type in KINDS and key in shown:
            said = KINDS[block.block_type](block.value, material)
        else:
            continue
        values.append({"id": key or None, "type": block.block_type, **said})
    return values


def _opening(intro: str, text: IssueText) -> Iterator[BlockValue]:
    if intro:
        yield {"id": None, "type": "text", "html": intro}
    if text.signed_by:
        yield {"id": None, "type": "signature", "name": text.signed_by, "function": text.signed_function}


def _story(one: Told) -> BlockValue:
    story = one.story
    return {
        "is_lead": one.is_lead,
        "title": story.title,
        "teaser": story.teaser,
        "link_text": story.link_text,
        "page": one.page,
        "image": one.image,
        "alt": one.alt,
    }


def _person(value: Any, material: Material) -> BlockValue:
    source, row = material.words(value["page"]) or PageWords(), material.row(value)
    words = (row["words"] if row else "") or source.teaser
    page = material.page(value["page"]).pk
    return {"name": source.title, "words": words, "page": page, "image": source.image, "alt": source.alt}


def _text(value: Any, material: Material) -> BlockValue:
    return {"html": material.row(value)["text"].source}


def _quote(value: Any, material: Material) -> BlockValue:
    row = material.row(value)
    return {"text": row["quote"], "attribution": row["attribution"]}


def _button(value: Any, material: Material) -> BlockValue:
    page = value["page"]
    return {"label": material.row(value)["label"], "page": page.pk if page else None, "url": value["url"]}


def _image(value: Any, material: Material) -> BlockValue:
    row = material.row(value) or {"alt": "", "caption": ""}
    return {"image": value["image"].pk, "alt": row["alt"], "caption": row["caption"]}


def _divider(value: Any, material: Material) -> BlockValue:
    return {}


KINDS: dict[str, Callable[[Any, Material], BlockValue]] = {
    "text": _text,
    "quote": _quote,
    "button": _button,
    "image": _image,
    "divider": _divider,
    "person": _person,
}
