"""The values that an issue check gets and returns; the newsletter and the plugins share them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from bs4 import BeautifulSoup, Tag

if TYPE_CHECKING:
    from django.utils.functional import Promise

Level = Literal["error", "warning"]
Part = Literal["subject", "preheader", "title", "greeting", "intro", "signed_by", "stories", "recipients", "newsletter"]

PERSONAL = re.compile(r"%%(?:salutation|preferences_url|unsubscribe_url)%%")  # filled in for each reader


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something needs fixing: a block of the issue, by its id, or another part of it.

    The parts are the issue's texts in each language, its stories as a whole, whom it is sent to, and the newsletter's
    settings.
    """

    block_id: str = ""
    part: Part | Literal[""] = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in an issue that should be fixed before it is sent.

    `code` is a stable name for the problem. An error prevents approval and sending, so it must be certain; a warning
    leaves the decision to a person. `message` says what is wrong and `mend` what to do, in the active language.
    `place` says where, and staff are led there; None if there is no single place. `language` is a locale's code.
    """

    code: str
    level: Level
    message: str
    mend: str
    place: Place | None = None
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class StoryToCheck:
    """A page (an article, a person …) as a mail shows it; `type` is its page type, `pictures` are addresses.

    `facts` are what its plugin's story card adds.
    """

    type: str
    title: str
    teaser: str
    link_text: str
    url: str
    block_id: str = ""
    pictures: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """The block that shows the story."""
        return Place(block_id=self.block_id)

    @property
    def words(self) -> str:
        """The story's text."""
        return f"{self.title}\n{self.teaser}\n{self.link_text}"

    @property
    def urls(self) -> tuple[str, ...]:
        """The address to which the story links."""
        return (self.url,)


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """What the editor wrote into a mail: the intro, a quote, a button …; `urls` and `pictures` are addresses."""

    place: Place
    words: str
    urls: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PictureToCheck:
    """A picture in a mail, with its text alternative; None if it has no `alt`."""

    url: str
    alt: str | None
    of: StoryToCheck | OwnPart | None = None

    @property
    def place(self) -> Place | None:
        """Where the editor placed it; None if it belongs to the template."""
        return self.of.place if self.of else None


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """The file of one of our pictures: its size (None if it is missing) and its width in pixels (0 if unknown).

    `room` is the width of the picture's place on the screen in pixels, `tallness` the ratio of height to width of the
    whole picture; both are 0 if unknown. `is_logo` is set for the newsletter's logo.
    """

    bytes: int | None
    width: int = 0
    room: int = 0
    tallness: float = 0
    is_logo: bool = False


@dataclass(frozen=True, kw_only=True)
class LinkToCheck:
    """A link in a mail: the address as written, empty if there is none, and the text that screen readers announce.

    That is the link's text, its picture's text alternative, or its `aria-label`. `is_double` means that screen readers
    skip the link: a picture that leads to the same place as the text next to it.
    """

    url: str
    text: str
    of: StoryToCheck | OwnPart | None = None
    is_double: bool = False

    @property
    def place(self) -> Place | None:
        """Where the editor placed it; None if it belongs to the template."""
        return self.of.place if self.of else None


@dataclass(frozen=True, kw_only=True)
class MailToCheck:
    """The issue in one language, with every story; its personal parts are placeholders between %%."""

    language: str
    direction: str
    newsletter: str
    subject: str
    preheader: str
    title: str
    html: str
    text: str
    stories: tuple[StoryToCheck, ...] = ()
    own_parts: tuple[OwnPart, ...] = ()
    compiler_remarks: tuple[str, ...] = ()

    @cached_property
    def document(self) -> BeautifulSoup:
        """The HTML, parsed once for all checks."""
        return BeautifulSoup(self.html, "lxml")

    @property
    def parts(self) -> tuple[StoryToCheck | OwnPart, ...]:
        """The stories and what the editor wrote."""
        return (*self.stories, *self.own_parts)

    @cached_property
    def links(self) -> tuple[LinkToCheck, ...]:
        """Every link, in order, except the personal ones, which are made for each reader."""
        tags = [tag for tag in self.document.find_all("a") if not (tag.get("name") or tag.get("id")) or tag.get("href")]
        anchors = [(str(tag.get("href") or "").strip(), _words_of(tag), tag) for tag in tags]
        return tuple(
            LinkToCheck(
                url=url, text=text, of=self._part_with(url, text=text), is_double=tag.get("aria-hidden") == "true"
            )
            for url, text, tag in anchors
            if not PERSONAL.fullmatch(url)
        )

    def _part_with(self, url: str, *, text: str) -> StoryToCheck | OwnPart | None:
        """Return the part that links there; of several, preferably one that contains this text."""
        parts = [part for part in self.parts if (url in part.urls if url else text in part.words)]
        return next((part for part in parts if text in part.words), parts[0] if parts else None)

    @cached_property
    def pictures(self) -> tuple[PictureToCheck, ...]:
        """Every picture, in order."""
        by_url = {url: part for part in self.parts for url in part.pictures}
        images = [(str(tag.get("src") or ""), tag.get("alt")) for tag in self.document.find_all("img")]
        return tuple(
            PictureToCheck(url=url, alt=None if alt is None else str(alt), of=by_url.get(url)) for url, alt in images
        )

    @cached_property
    def words(self) -> str:
        """The text that a reader sees."""
        return self.document.body.get_text(" ", strip=True) if self.document.body else ""


def _words_of(tag: Tag) -> str:
    if name := str(tag.get("aria-label") or "").strip():
        return name
    alternatives = [str(image.get("alt") or "") for image in tag.find_all("img")]
    return " ".join(filter(None, [tag.get_text(" ", strip=True), *alternatives]))


@dataclass(frozen=True, kw_only=True)
class EditionToCheck:
    """The edition for readers of one language and set of followed themes; `story_count` excludes the lead story.

    `has_own_words` means that the editor's own text justifies a mail, so that readers get one even without stories.
    """

    language: str
    themes: str
    people: int
    story_count: int
    has_lead: bool
    html_bytes: int
    has_own_words: bool = False


@dataclass(frozen=True, kw_only=True)
class LeftOutLanguage:
    """A language of the newsletter in which the issue has no text, and how many readers get no mail because of that."""

    language: str
    people: int


@dataclass(frozen=True, kw_only=True)
class SegmentToCheck:
    """A segment that limits who gets the issue, and how many readers are in it; `is_left_out` if it is not sent to."""

    name: str
    people: int
    is_left_out: bool = False


@dataclass(frozen=True, kw_only=True)
class LeftOutStory:
    """A story or team member that is left out in a language, and why; `page` is its page's title there.

    A `mirror` is an alias of the page in another language, a `draft` a translation that was never published.
    """

    block_id: str
    language: str
    why: Literal["deleted", "unpublished", "expired", "restricted", "untranslated", "wordless", "mirror", "draft"]
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class PoorTranslation:
    """A page that a mail shows with texts that are not all translated, or no longer up to date.

    `partial`: `missing` of its texts are not translated. `outdated`: the page that it translates, in the language
    `original`, has been published since, or its translation has unpublished changes.
    """

    block_id: str
    language: str
    page: str
    why: Literal["partial", "outdated"]
    original: str = ""
    missing: int = 0


@dataclass(frozen=True, kw_only=True)
class RemarkToCheck:
    """Something that was noticed about a block while the issue was compiled; `mend` may say what to do.

    `part` names a place other than a block; `code` and `level` are those of the finding that it becomes.
    """

    block_id: str
    message: str
    language: str
    mend: str = ""
    part: Part | Literal[""] = ""
    code: str = "remark"
    level: Level = "warning"


@dataclass(frozen=True, kw_only=True)
class SenderToCheck:
    """The sender of the mails."""

    name: str
    email: str
    reply_to: str
    postal_address: str


@dataclass(frozen=True, kw_only=True)
class ColourPair:
    """The colours of a text and its background, as #rrggbb; `name` tells staff which text."""

    name: str
    text: str
    ground: str


@dataclass(frozen=True, kw_only=True)
class LinkState:
    """What is known about a link's target; `detail` describes what was found.

    A `private` target is a page of ours that readers cannot see, a `staff` target a preview or a page of the admin; an
    `unknown` target has not been checked yet. Other sites were checked at `checked_at`; `is_awaited` means that another
    check is due.
    """

    status: Literal["fine", "dead", "doubtful", "private", "staff", "unknown"]
    detail: str = ""
    checked_at: datetime | None = None
    is_awaited: bool = False


@dataclass(frozen=True, kw_only=True)
class IssueToCheck:
    """An issue before it is sent; everything is loaded, so that a check makes no query.

    `links` holds what is known about the targets of links, on our own and other sites, `files` the files of our own
    pictures, both by address. `own_hosts` are the hosts of our own pages, and `is_served_by_https` says whether these
    should use https. `without_statement` are the newsletter's languages without a privacy statement that everybody can
    open, and `is_first_sending` says that none of its issues was sent before.
    """

    now: datetime
    sender: SenderToCheck
    mails: tuple[MailToCheck, ...]
    editions: tuple[EditionToCheck, ...] = ()
    left_out: tuple[LeftOutStory, ...] = ()
    poor_translations: tuple[PoorTranslation, ...] = ()
    languages_left_out: tuple[LeftOutLanguage, ...] = ()
    segments: tuple[SegmentToCheck, ...] = ()
    remarks: tuple[RemarkToCheck, ...] = ()
    colours: tuple[ColourPair, ...] = ()
    links: Mapping[str, LinkState] = field(default_factory=dict)
    files: Mapping[str, PictureFile] = field(default_factory=dict)
    own_hosts: frozenset[str] = frozenset()
    is_served_by_https: bool = True
    without_statement: tuple[str, ...] = ()
    is_first_sending: bool = False


@dataclass(frozen=True, kw_only=True)
class IssueCheck:
    """A check that every issue of a newsletter must pass before it is approved and sent.

    `name` is a stable name, unique among all plugins; `label` tells staff what is checked. `run` returns what should be
    fixed; if it raises, that counts as an error. It must be fast: it runs whenever staff look at an issue.
    """

    name: str
    label: str | Promise
    run: Callable[[IssueToCheck], Iterable[Finding]]
