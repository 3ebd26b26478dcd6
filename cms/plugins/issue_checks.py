"""What a check of a newsletter's issue is given and what it returns: values that the newsletter and plugins share."""

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
Part = Literal["subject", "preheader", "title", "greeting", "intro", "signed_by", "stories", "newsletter"]

PERSONAL = re.compile(r"%%(?:salutation|preferences_url|unsubscribe_url)%%")  # filled in for each reader


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is to be mended: a block of the issue, by its key, or another part of it.

    The parts are the words that an issue has in each language, its stories as a whole, the newsletter's settings.
    """

    block_id: str = ""
    part: Part | Literal[""] = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something in an issue that should be mended before it goes out.

    `code` is a stable word for what is wrong. An error stops approving and sending, so it has to be certain; a
    warning leaves the decision to a person. `message` says what is wrong and `mend` what to do, in the active
    language. `place` says where, None if that is no single place; staff are led there. `language` is a locale's code.
    """

    code: str
    level: Level
    message: str
    mend: str
    place: Place | None = None
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class StoryToCheck:
    """A page (an article, a person …) as one mail tells it; `type` is its page type, `pictures` are addresses.

    `facts` is what its plugin's story card adds.
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
        """The block that tells it."""
        return Place(block_id=self.block_id)

    @property
    def words(self) -> str:
        """What it says."""
        return f"{self.title}\n{self.teaser}\n{self.link_text}"

    @property
    def urls(self) -> tuple[str, ...]:
        """Where it leads."""
        return (self.url,)


@dataclass(frozen=True, kw_only=True)
class OwnPart:
    """What the editor wrote into one mail: the intro, a quote, a button …; `urls` and `pictures` are addresses."""

    place: Place
    words: str
    urls: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PictureToCheck:
    """A picture in a mail, and its text alternative: None if it has no `alt`."""

    url: str
    alt: str | None
    of: StoryToCheck | OwnPart | None = None

    @property
    def place(self) -> Place | None:
        """Where it stands, None if it is the template's."""
        return self.of.place if self.of else None


@dataclass(frozen=True, kw_only=True)
class PictureFile:
    """The file of a picture of ours: its size, None if it is missing, and its width in pixels, 0 if not known.

    `room` is how many pixels of the screen its place is wide, `tallness` how many times as tall as wide the whole
    picture is; both are 0 if not known. `is_logo` is set for the newsletter's own.
    """

    bytes: int | None
    width: int = 0
    room: int = 0
    tallness: float = 0
    is_logo: bool = False


@dataclass(frozen=True, kw_only=True)
class LinkToCheck:
    """A link in a mail: the address as it was written, empty where there is none, and what screen readers call it.

    That is its words, the alternative of its picture or a name of its own. `is_double` says that they pass over it:
    a picture that leads where the words beside it lead.
    """

    url: str
    text: str
    of: StoryToCheck | OwnPart | None = None
    is_double: bool = False

    @property
    def place(self) -> Place | None:
        """Where it stands, None if it is the template's."""
        return self.of.place if self.of else None


@dataclass(frozen=True, kw_only=True)
class MailToCheck:
    """The issue in one language, with every story; personal parts stand in it as words between %%."""

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
        """Every link to somewhere, in order; the personal ones, which are made for each reader, are none."""
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
        """Return the part that leads there; of several, the one that says so in these words."""
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
        """What a reader sees of it, as one text."""
        return self.document.body.get_text(" ", strip=True) if self.document.body else ""


def _words_of(tag: Tag) -> str:
    if name := str(tag.get("aria-label") or "").strip():
        return name
    alternatives = [str(image.get("alt") or "") for image in tag.find_all("img")]
    return " ".join(filter(None, [tag.get_text(" ", strip=True), *alternatives]))


@dataclass(frozen=True, kw_only=True)
class EditionToCheck:
    """What readers of one language and set of followed themes get; `story_count` does not count the lead.

    `has_own_words` says that what the editor wrote is worth a mail by itself: then they get one without stories too.
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
    """A language of the newsletter in which the issue says nothing, and how many readers get no mail therefore."""

    language: str
    people: int


@dataclass(frozen=True, kw_only=True)
class LeftOutStory:
    """A story or team member that a language does without, and why; `page` is what its page is called there.

    A `mirror` is an alias of the page in another language, a `draft` a translation that was never published.
    """

    block_id: str
    language: str
    why: Literal["deleted", "unpublished", "expired", "restricted", "untranslated", "wordless", "mirror", "draft"]
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class PoorTranslation:
    """A page that one mail tells in words that are not those of its language, or not of today.

    `partial`: `missing` texts of it are not translated. `outdated`: the page that it translates, in the language
    `original`, was published since, or its own translation was changed and not published.
    """

    block_id: str
    language: str
    page: str
    why: Literal["partial", "outdated"]
    original: str = ""
    missing: int = 0


@dataclass(frozen=True, kw_only=True)
class RemarkToCheck:
    """Something that was noticed about a block of the issue while it was compiled; `mend` may say what to do.

    `part` names another place than a block; `code` and `level` are those of the finding that it becomes.
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
    """Whom the mails are from."""

    name: str
    email: str
    reply_to: str
    postal_address: str


@dataclass(frozen=True, kw_only=True)
class ColourPair:
    """Text on its ground, as #rrggbb; `name` says to staff which text."""

    name: str
    text: str
    ground: str


@dataclass(frozen=True, kw_only=True)
class LinkState:
    """What is known of a link's target; `detail` says in words what was found.

    `private` is a page of ours that readers cannot see, `staff` a preview or a page of the admin; of an `unknown`
    one nothing is known yet. Other sites were asked at `checked_at`; `is_awaited` says that they are to be asked anew.
    """

    status: Literal["fine", "dead", "doubtful", "private", "staff", "unknown"]
    detail: str = ""
    checked_at: datetime | None = None
    is_awaited: bool = False


@dataclass(frozen=True, kw_only=True)
class IssueToCheck:
    """An issue before it goes out; everything is read, so that a check costs no query.

    `links` holds what is known of the targets of links to pages, ours and others', `files` the files of our own
    pictures, both by address. `own_hosts` are the hosts of our own pages, and `is_served_by_https` says whether they
    are meant to be.
    """

    now: datetime
    sender: SenderToCheck
    mails: tuple[MailToCheck, ...]
    editions: tuple[EditionToCheck, ...] = ()
    left_out: tuple[LeftOutStory, ...] = ()
    poor_translations: tuple[PoorTranslation, ...] = ()
    languages_left_out: tuple[LeftOutLanguage, ...] = ()
    remarks: tuple[RemarkToCheck, ...] = ()
    colours: tuple[ColourPair, ...] = ()
    links: Mapping[str, LinkState] = field(default_factory=dict)
    files: Mapping[str, PictureFile] = field(default_factory=dict)
    own_hosts: frozenset[str] = frozenset()
    is_served_by_https: bool = True


@dataclass(frozen=True, kw_only=True)
class IssueCheck:
    """A check that each issue of a newsletter passes before it is approved and sent.

    `name` is a stable word, unique among all plugins; `label` says to staff what is checked. `run` returns what is
    to be mended; one that raises counts as an error. It must not be slow: it runs whenever staff look at an issue.
    """

    name: str
    label: str | Promise
    run: Callable[[IssueToCheck], Iterable[Finding]]
