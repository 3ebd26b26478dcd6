"""What one edition says: the frozen values that the MJML and the plain-text templates are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from newsletters.values.look import Look, Picture
from newsletters.values.personal_parts import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL

BY_THEME = "theme"  # the section of stories that is one for each theme
WORD_JOINER = "\u2060"  # seen by nobody


@dataclass(frozen=True, kw_only=True)
class PersonalParts:
    """What the templates of one mail write in place of the personal parts; they become tokens when it is rendered.

    Staff may write what looks like a token into any field. So that it does not become the reader's link, the
    templates write something else: words that nobody can have put into this mail, as they depend on all of it.
    """

    salutation: str
    preferences_url: str
    unsubscribe_url: str

    @classmethod
    def of(cls, mail: Mail) -> PersonalParts:
        """Return the parts of this mail."""
        digest = sha256(repr(mail).encode()).hexdigest()
        return cls(
            salutation=f"{digest}-salutation",
            preferences_url=f"{digest}-preferences",
            unsubscribe_url=f"{digest}-unsubscribe",
        )

    def to_tokens(self, rendered: str) -> str:
        """Return what was rendered with its tokens; what only looks like one reads the same and is none."""
        for token in (SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL):
            rendered = rendered.replace(token, f"%{WORD_JOINER}{token[1:]}")
        return (
            rendered.replace(self.salutation, SALUTATION)
            .replace(self.preferences_url, PREFERENCES_URL)
            .replace(self.unsubscribe_url, UNSUBSCRIBE_URL)
        )


@dataclass(frozen=True, kw_only=True)
class ThemeLabel:
    """A theme as a reader sees it: its name in the edition's language and its colour (#rrggbb)."""

    slug: str
    name: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """A page as one issue tells it in one language: a value, untouched when the page changes later.

    `picture` is 600x338 shown, 1200 wide in the file; `thumbnail` is 160x120 shown (as wide as the
    screen on a phone), 640 wide in the file. Files of small pictures are smaller: show them by `{% mail_picture %}`.
    `link_text` are the visible words of its link; `link_name` is what a screen reader says instead where they alone do
    not tell it from another story's. `facts` holds what the page type's story card adds, such as an activity's dates.
    `block_id` names the block of the issue that tells it, so that staff can be led there.
    """

    card: str
    section: str
    title: str
    teaser: str
    url: str
    link_text: str
    link_name: str = ""
    themes: tuple[ThemeLabel, ...] = ()
    picture: Picture | None = None
    thumbnail: Picture | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    block_id: str = ""

    @property
    def theme(self) -> ThemeLabel | None:
        """The theme that the story stands under: its first."""
        return self.themes[0] if self.themes else None


@dataclass(frozen=True, kw_only=True)
class RenderedStory:
    """A story with its card rendered by its plugin's templates.

    `mjml` takes the whole width; `column` is the same as one column of two, empty if it is not to stand so.
    """

    story: Story
    mjml: str
    text: str
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class RenderedBlock:
    """A block of the editor's own (a quote, a button …), rendered by its templates; every reader gets it.

    With a `section` it stands under that section's title; a rule says nothing and goes where the story above it goes.
    `follows` counts the told stories, the lead among them, that stand above it in the editor.
    """

    kind: str
    block_id: str
    follows: int
    mjml: str
    text: str
    column: str = ""
    pictures: tuple[Picture, ...] = ()
    section: str = ""
    is_rule: bool = False


@dataclass(frozen=True, kw_only=True)
class MailSection:
    """Stories that stand together under one title, with the editor's own blocks among them.

    `kind` is the name of a `StorySection`, or "own". `theme` is set for a theme's section. Without a title, there are
    only blocks of the editor's own; `is_apart` says that they follow a section with one, of which they are no part.
    """

    kind: str
    title: str
    theme: ThemeLabel | None
    stories: tuple[RenderedStory | RenderedBlock, ...]
    is_apart: bool = False
    is_quiet: bool = False

    @property
    def rows(self) -> list[tuple[RenderedStory | RenderedBlock, ...]]:
        """The stories as they stand: two beside each other where both can, else one."""
        rows: list[tuple[RenderedStory | RenderedBlock, ...]] = []
        for story in self.stories:
            if story.column and rows and len(rows[-1]) == 1 and rows[-1][0].column:
                rows[-1] = (rows[-1][0], story)
            else:
                rows.append((story,))
        return rows


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends the newsletter, as the law wants it named in each mail."""

    name: str
    postal_address: str
    registration_number: str


@dataclass(frozen=True, kw_only=True)
class Mail:
    """Everything that one edition says, personal parts aside.

    `intro_html` is sanitised rich text with inlined CSS, `intro_text` the same as plain text.
    `date_label` is the month in words ("November 2026"). `direction` is "ltr" or "rtl". `opening` holds what the editor
    put between the intro and the lead story, in blocks of their own.
    """

    language: str
    direction: str
    newsletter: str
    title: str
    date_label: str
    subject: str
    preheader: str
    intro_html: str
    intro_text: str
    signed_by: str
    signed_function: str
    opening: tuple[MailSection, ...] = ()
    lead: Story | None
    sections: tuple[MailSection, ...]
    followed_themes: tuple[ThemeLabel, ...]
    sender: Sender
    view_online_url: str
    look: Look = field(default_factory=Look)

    @cached_property
    def personal(self) -> PersonalParts:
        """What stands for the reader's salutation and links until they are filled in."""
        return PersonalParts.of(self)
