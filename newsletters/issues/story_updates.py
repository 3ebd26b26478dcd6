"""What has changed on the pages of an issue's stories since the issue took in their words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail.blocks import StreamValue, StructValue
from wagtail.models import Site

from newsletters.issues.page_sources import keys_of, read_sources
from newsletters.models import IssuePage
from newsletters.models.issue_field import telling_blocks
from newsletters.values.page_words import FIELDS, PageWords, Source, own_fields, page_key

LABELS = {"title": _("Title"), "teaser": _("Teaser"), "link_text": _("Link text")}


@dataclass(frozen=True, kw_only=True)
class WordChange:
    """A field whose text has changed on the page; `own` is what the editor wrote in this issue, if anything."""

    language: str
    field: str
    old: str
    new: str
    own: str

    @property
    def label(self) -> str | Promise:
        """The field's name, as staff see it."""
        return LABELS[self.field]


@dataclass(frozen=True, kw_only=True)
class PictureChange:
    """The page's picture or its text alternative has changed; `old` and `new` are the keys of the images."""

    language: str
    old: int | None
    new: int | None
    old_alt: str
    new_alt: str


@dataclass(frozen=True, kw_only=True)
class StoryState:
    """How the stories made from one page compare with it now.

    `blocks` are the stories' ids, `hidden` the languages in which the page is no longer public ("" for all).
    """

    key: str
    title: str
    page_pk: int
    blocks: tuple[str, ...]
    words: tuple[WordChange, ...]
    pictures: tuple[PictureChange, ...]
    new_languages: tuple[str, ...]
    hidden: tuple[str, ...]
    own: Mapping[str, Mapping[str, list[str]]]  # by block id, then language: the fields with the editor's own words

    @property
    def has_changed(self) -> bool:
        """Whether the page has changed."""
        return bool(self.words or self.pictures or self.new_languages)


def story_states(issue: IssuePage, *, site: Site, now: datetime) -> list[StoryState]:
    """Return the state of each story's page, in the issue's order; the number of queries does not grow with them."""
    blocks = [block for block in telling_blocks(issue.body) if block.value["page"]]
    today = read_sources(keys_of(block.value for block in blocks), site=site, now=now)
    remembered = issue.sources
    grouped: defaultdict[str, list[StreamValue.StreamChild]] = defaultdict(list)
    for block in blocks:
        grouped[page_key(block.value["page"])].append(block)
    return [
        _state(key, of_page, old=remembered.get(key, today[key]), new=today[key]) for key, of_page in grouped.items()
    ]


def _state(key: str, blocks: list[StreamValue.StreamChild], *, old: Source, new: Source) -> StoryState:
    page = blocks[0].value["page"]
    both = [code for code in old if code in new]
    return StoryState(
        key=key,
        title=page.title,
        page_pk=page.pk,
        blocks=tuple(str(block.id) for block in blocks),
        words=tuple(
            change for code in both for change in _word_changes(blocks, old=old[code], new=new[code], code=code)
        ),
        pictures=tuple(change for code in both for change in _picture_changes(old[code], new[code], code=code)),
        new_languages=tuple(code for code in new if code not in old),
        hidden=tuple(code for code in old if code not in new) or (() if new else ("",)),
        own={
            str(block.id): {
                row["language"]: fields
                for row in block.value["texts"]
                if block.block_type == "story" and (fields := own_fields(row, old.get(row["language"])))
            }
            for block in blocks
        },
    )


def _word_changes(
    blocks: list[StreamValue.StreamChild], *, old: PageWords, new: PageWords, code: str
) -> Iterator[WordChange]:
    for name in FIELDS:
        was, now = getattr(old, name), getattr(new, name)
        if was == now:
            continue
        written = (row[name] for block in blocks for row in _rows(block, code) if row[name] not in {"", was})
        yield WordChange(language=code, field=name, old=was, new=now, own=next(written, ""))


def _rows(block: StreamValue.StreamChild, code: str) -> list[StructValue]:
    return [row for row in block.value["texts"] if block.block_type == "story" and row["language"] == code]


def _picture_changes(old: PageWords, new: PageWords, *, code: str) -> Iterator[PictureChange]:
    if (old.image, old.alt) != (new.image, new.alt):
        yield PictureChange(language=code, old=old.image, new=new.image, old_alt=old.alt, new_alt=new.alt)
