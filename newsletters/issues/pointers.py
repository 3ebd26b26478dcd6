"""What issues point at, read from how they are stored: pages by language, pictures and documents."""

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
PageInLanguage = tuple[UUID, int]  # its translation key, and the key of its locale
ROW = ("pk", "translation_key", "locale")


@dataclass(frozen=True, kw_only=True)
class Pointers:
    """What one issue points at: the pages that it uses in each language, and its files.

    `chosen` are the primary keys of the pages that its blocks and links name, in whatever language those are.
    """

    pages: frozenset[PageInLanguage]
    chosen: frozenset[int]
    images: frozenset[int]
    documents: frozenset[int]

    def use(self, page: Page) -> bool:
        """Say whether the issue uses the page in the page's own language."""
        return (page.translation_key, page.locale_id) in self.pages


@dataclass(frozen=True, kw_only=True)
class _Mention:
    """What a block or an intro mentions in one language: pages, which it links to if `is_link`, and files.

    With `needs_source` a page is used only if the issue remembers its words.
    """

    language: str
    references: References
    is_link: bool = False
    needs_source: bool = False


def read_pointers(issues: Sequence[IssuePage]) -> list[Pointers]:
    """Return what each of these issues points at in its last revision, without loading any of it."""
    contents = [_content(issue) for issue in issues]
    locales = dict(Locale.objects.values_list("language_code", "pk"))
    written = _languages_by_path()
    mentions = [
        [*_mentions(content, written.get(issue.path[: -issue.steplen], set()), locales=locales)]
        for issue, content in zip(issues, contents, strict=True)
    ]
    keys = {key for found in mentions for mention in found for key in mention.references.pages}
    pages = {pk: (key, own) for pk, key, own in Page.objects.filter(pk__in=keys).values_list(*ROW)}
    live = Page.objects.live().filter(translation_key__in={key for key, _own in pages.values()})
    public = set(live.values_list(*ROW[1:]))
    return [
        Pointers(
            pages=frozenset(_pages_used(found, content, pages=pages, locales=locales, public=public)),
            chosen=frozenset(key for mention in found for key in mention.references.pages),
            images=frozenset(_images(found, content, pages=pages)),
            documents=frozenset(key for mention in found for key in mention.references.documents),
        )
        for found, content in zip(mentions, contents, strict=True)
    ]


def _content(issue: IssuePage) -> Stored:
    content: Stored = issue.latest_revision.content if issue.latest_revision else issue.serializable_data()
    return content


def _languages_by_path() -> dict[str, set[str]]:
    """Return the languages that each newsletter is written in, by the path of its page."""
    found: dict[str, set[str]] = {}
    texts = NewsletterText.objects.filter(newsletter__pages__isnull=False)
    for path, code in texts.values_list("newsletter__pages__path", "locale__language_code"):
        found.setdefault(path, set()).add(code)
    return found


def _mentions(content: Stored, written: Collection[str], *, locales: Mapping[str, int]) -> Iterator[_Mention]:
    """Yield what the issue mentions in each of the languages in which it is sent."""
    intros = {text["locale"]: text.get("intro") or "" for text in content.get("texts", [])}
    languages = [code for code in written if locales[code] in intros]
    for code in languages:
        yield _Mention(language=code, references=rich_text_references(intros[locales[code]]), is_link=True)
    for block in json.loads(content.get("body") or "[]"):
        if isinstance(block["value"], Mapping):
            for code in languages:
                yield from _in_block(block["type"], block["value"], language=code)


def _in_block(kind: str, value: Stored, *, language: str) -> Iterator[_Mention]:
    rows = [row.get("value", row) for row in value.get("texts") or []]
    row = next((row for row in rows if row["language"] == language), None)
    is_shown = {"story": row is not None, "button": bool(row and row.get("label"))}.get(kind, True)
    for words in (row or {}).values():
        if isinstance(words, str) and (found := rich_text_references(words)) != References():
            yield _Mention(language=language, references=found, is_link=True)
    if is_shown:
        references = References(pages=_key(value.get("page")), images=_key(value.get("image")))
        needs_source = kind in _kinds_with_page() and not (row and row.get("title"))
        yield _Mention(language=language, references=references, needs_source=needs_source)


def _kinds_with_page() -> set[str]:
    return {kind.name for kind in issue_block_kinds().values() if kind.tells_page}


def _key(stored: object) -> frozenset[int]:
    return frozenset({stored} if isinstance(stored, int) else ())


def _pages_used(
    mentions: Iterable[_Mention],
    content: Stored,
    *,
    pages: Mapping[int, PageInLanguage],
    public: Collection[PageInLanguage],
    locales: Mapping[str, int],
) -> Iterator[PageInLanguage]:
    """Yield the pages that the issue uses or links to; a link without a public translation leads to the page itself."""
    for mention in mentions:
        for key, own in (pages[pk] for pk in mention.references.pages if pk in pages):
            translation = (key, locales[mention.language])
            remembered = _remembered(content, key)
            if mention.is_link:
                yield translation if translation in public else (key, own)
            elif not mention.needs_source or remembered is None or mention.language in remembered:
                yield translation


def _images(mentions: Iterable[_Mention], content: Stored, *, pages: Mapping[int, PageInLanguage]) -> Iterator[int]:
    for mention in mentions:
        yield from mention.references.images
        for pk in mention.references.pages & pages.keys() if not mention.is_link else ():
            words = (_remembered(content, pages[pk][0]) or {}).get(mention.language, {})
            yield from _key(words.get("image"))


def _remembered(content: Stored, key: UUID) -> Mapping[str, Mapping[str, object]] | None:
    """Return what the issue remembers of the page, by language; None if it was not saved since the page was added."""
    remembered: Mapping[str, Mapping[str, Mapping[str, object]]] = content.get("remembered") or {}
    return remembered.get(str(key))
