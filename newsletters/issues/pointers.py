"""What issues point at, as they are stored: in which languages they tell a page, and their pictures and documents."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wagtail.models import Locale, Page

from cms.content.references import rich_text_references
from cms.plugins import References
from cms.plugins.registry import issue_block_kinds
from newsletters.models import IssuePage, NewsletterText

Stored = Mapping[str, Any]
Told = tuple[UUID, int]  # what a page shares with its translations, and the key of its locale
ROW = ("pk", "translation_key", "locale")


@dataclass(frozen=True, kw_only=True)
class Pointers:
    """What one issue points at: the pages that it tells, each in a language, and its files.

    `chosen` are the primary keys of the pages that its blocks and links name, in whatever language these are.
    """

    told: frozenset[Told]
    chosen: frozenset[int]
    images: frozenset[int]
    documents: frozenset[int]

    def tell(self, page: Page) -> bool:
        """Say whether the issue tells the page in the language that the page is in."""
        return (page.translation_key, page.locale_id) in self.told


@dataclass(frozen=True, kw_only=True)
class _Named:
    """What a block or an intro names in one language: pages to tell, or to link to if `is_link`, and files.

    With `needs_source` a page is told in the words that the issue remembers of it, or not at all.
    """

    language: str
    references: References
    is_link: bool = False
    needs_source: bool = False


def read_pointers(issues: Sequence[IssuePage]) -> list[Pointers]:
    """Return what each of these issues, as it was saved last, points at; nothing of that is loaded."""
    contents = [_content(issue) for issue in issues]
    locales = dict(Locale.objects.values_list("language_code", "pk"))
    written = _languages_by_path()
    named = [
        [*_named(content, written.get(issue.path[: -issue.steplen], set()), locales=locales)]
        for issue, content in zip(issues, contents, strict=True)
    ]
    keys = {key for found in named for each in found for key in each.references.pages}
    pages = {pk: (key, own) for pk, key, own in Page.objects.filter(pk__in=keys).values_list(*ROW)}
    live = Page.objects.live().filter(translation_key__in={key for key, _own in pages.values()})
    public = set(live.values_list(*ROW[1:]))
    return [
        Pointers(
            told=frozenset(_told(found, content, pages=pages, locales=locales, public=public)),
            chosen=frozenset(key for each in found for key in each.references.pages),
            images=frozenset(_images(found, content, pages=pages)),
            documents=frozenset(key for each in found for key in each.references.documents),
        )
        for found, content in zip(named, contents, strict=True)
    ]


def _content(issue: IssuePage) -> Stored:
    content: Stored = issue.latest_revision.content if issue.latest_revision else issue.serializable_data()
    return content


def _languages_by_path() -> dict[str, set[str]]:
    """Return the languages that a newsletter is written in, by the paths of its pages."""
    found: dict[str, set[str]] = {}
    texts = NewsletterText.objects.filter(newsletter__pages__isnull=False)
    for path, code in texts.values_list("newsletter__pages__path", "locale__language_code"):
        found.setdefault(path, set()).add(code)
    return found


def _named(content: Stored, written: Collection[str], *, locales: Mapping[str, int]) -> Iterator[_Named]:
    """Yield what the issue names in each of the languages that it is sent in."""
    intros = {text["locale"]: text.get("intro") or "" for text in content.get("texts", [])}
    languages = [code for code in written if locales[code] in intros]
    for code in languages:
        yield _Named(language=code, references=rich_text_references(intros[locales[code]]), is_link=True)
    for block in json.loads(content.get("body") or "[]"):
        if isinstance(block["value"], Mapping):
            for code in languages:
                yield from _in_block(block["type"], block["value"], language=code)


def _in_block(kind: str, value: Stored, *, language: str) -> Iterator[_Named]:
    rows = [row.get("value", row) for row in value.get("texts") or []]
    row = next((row for row in rows if row["language"] == language), None)
    is_told = {"story": row is not None, "button": bool(row and row.get("label"))}.get(kind, True)
    for words in (row or {}).values():
        if isinstance(words, str) and (found := rich_text_references(words)) != References():
            yield _Named(language=language, references=found, is_link=True)
    if is_told:
        references = References(pages=_key(value.get("page")), images=_key(value.get("image")))
        needs_source = kind in _telling() and not (row and row.get("title"))
        yield _Named(language=language, references=references, needs_source=needs_source)


def _telling() -> set[str]:
    return {kind.name for kind in issue_block_kinds().values() if kind.tells_page}


def _key(stored: object) -> frozenset[int]:
    return frozenset({stored} if isinstance(stored, int) else ())


def _told(
    named: Iterable[_Named],
    content: Stored,
    *,
    pages: Mapping[int, Told],
    public: Collection[Told],
    locales: Mapping[str, int],
) -> Iterator[Told]:
    """Yield the pages that the issue tells or leads to; a link leads to the page itself where no translation is."""
    for each in named:
        for key, own in (pages[pk] for pk in each.references.pages if pk in pages):
            told = (key, locales[each.language])
            remembered = _remembered(content, key)
            if each.is_link:
                yield told if told in public else (key, own)
            elif not each.needs_source or remembered is None or each.language in remembered:
                yield told


def _images(named: Iterable[_Named], content: Stored, *, pages: Mapping[int, Told]) -> Iterator[int]:
    for each in named:
        yield from each.references.images
        for pk in each.references.pages & pages.keys() if not each.is_link else ():
            words = (_remembered(content, pages[pk][0]) or {}).get(each.language, {})
            yield from _key(words.get("image"))


def _remembered(content: Stored, key: UUID) -> Mapping[str, Mapping[str, object]] | None:
    """Return what the issue remembers of the page by language, None if it was not saved since the page was added."""
    remembered: Mapping[str, Mapping[str, Mapping[str, object]]] = content.get("remembered") or {}
    return remembered.get(str(key))
