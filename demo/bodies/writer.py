"""The bodies of the demo's pages: from the lines and tables of the TOML files to blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from django.core.files.base import ContentFile
from wagtail.blocks import StreamValue
from wagtail.documents import get_document_model
from wagtail.models import Page

from cms.models import HomePage
from demo.bodies.sounds import chime
from demo.texts import Entry

Line = str | Entry  # a paragraph, a heading, a quotation or a list; or the values of a block of any kind


class BodyWriter:
    """Writes bodies in one language; `pages` are all pages of that language by their keys."""

    def __init__(self, pages: Mapping[str, Page]) -> None:
        self.pages = pages

    def body(self, lines: list[Line]) -> StreamValue:
        """Return a body."""
        raw = [{"type": kind, "value": value} for kind, value in map(self._block, lines)]
        return HomePage().body.stream_block.to_python(raw)

    def paragraphs(self, texts: list[str]) -> str:
        """Return rich text of these paragraphs."""
        return "".join(self._linked(f"<p>{text}</p>") for text in texts)

    def _block(self, line: Line) -> tuple[str, object]:
        if not isinstance(line, str):
            return line["block"], self._filled({name: value for name, value in line.items() if name != "block"})
        if line.startswith("## "):
            return "heading", {"text": line[3:], "level": "2"}
        if line.startswith("> "):
            return "quote", {"text": line[2:], "attribution": ""}
        if line.startswith("* "):
            return "text", self._linked(f"<ul>{''.join(_items(line))}</ul>")
        return "text", self._linked(f"<p>{line}</p>")

    def _filled(self, value: object) -> object:
        """Return the values with keys of the database for `page:…`, `image:…` (a page's picture) and `sound:…`."""
        if isinstance(value, dict):
            return {name: self._filled(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        return self._resolved(value) if isinstance(value, str) else value

    def _resolved(self, text: str) -> object:
        kind, _colon, key = text.partition(":")
        match kind:
            case "page":
                return self.pages[key].pk
            case "image":
                return self.pages[key].specific.image_id
            case "sound":
                return _sound(key)
        return self._linked(text)

    def _linked(self, html: str) -> str:
        return re.sub(
            r'<a href="page:([\w-]+)">',
            lambda match: f'<a linktype="page" id="{self.pages[match[1]].pk}">',
            html,
        )


def _items(text: str) -> Iterator[str]:
    return (f"<li>{line[2:]}</li>" for line in text.split("\n"))


def _sound(title: str) -> int:
    """Return the key of the document with this title, which is made if there is none."""
    documents = get_document_model().objects
    found = documents.filter(title=title).first()
    if found is None:
        data = chime()
        found = documents.create(title=title, file=ContentFile(data, name="chime.wav"), file_size=len(data))
    return found.pk
