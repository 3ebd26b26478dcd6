"""What one edition says: the frozen values that the MJML and the plain-text templates get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from newsletters.values.look import Look, Picture
from newsletters.values.personal_parts import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL

BY_THEME = "theme"  # the kind of section of which there is one per theme
WORD_JOINER = "\u2060"  # invisible


@dataclass(frozen=True, kw_only=True)
class PersonalParts:
    """Placeholders that the templates of one mail write for the personal parts; they become tokens after rendering.

    Staff may write text that looks like a token into any field. So that it does not become the reader's link, the
    templates write placeholders that nobody can have put into this mail, because they depend on all of its content.
    """

    salutation: str
    preferences_url: str
    unsubscribe_url: str

    @classmethod
    def of(cls, mail: Mail) -> PersonalParts:
        """Return the placeholders of this mail."""
        digest = sha256(repr(mail).encode()).hexdigest()
        return cls(
            salutation=f"{digest}-salutation",
            preferences_url=f"{digest}-preferences",
            unsubscribe_url=f"{digest}-unsubscribe",
        )

    def to_tokens(self, rendered: str) -> str:
        """Return the rendered mail with its tokens; text that only looks like a token reads the same but is not one."""
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
    """A page as one issue tells it in one language; it stays the same when the page changes later.

    `picture` is shown at 600x338 pixels, its file is 1200 wide; `thumbnail` is shown at 160x120 (as wide as the screen
    on a phone), its file is 640 wide. Files of small pictures are smaller: show them with `{% mail_picture %}`.
    `link_text` is the visible text of its link; `link_name` is what a screen reader says instead where that text could
    be another story's. `facts` holds what the page type's story card adds, such as an activity's dates. `block_id`
    names its block in the issue, so that staff can be led there.
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
        """The theme under which the story is shown: its first."""
        return self.themes[0] if self.themes else None


@dataclass(frozen=True, kw_only=True)
class RenderedStory:
    """A story with its card rendered by its plugin's templates.

    `mjml` takes the whole width; `column` is the same as one of two columns, empty if it must not be shown so.
    """

    story: Story
    mjml: str
    text: str
    column: str = ""


@dataclass(frozen=True, kw_only=True)
class RenderedBlock:
    """One of the editor's own blocks (a quote, a button …), rendered by its templates; every reader gets it.

    With a `section` it is shown under that section's title; a rule has no text and is shown only with the story above
    it. `follows` counts the stories above it in the editor, including the lead.
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
    """Stories under one title, with the editor's own blocks among them.

    `kind` is the name of a `StorySection`, or "own". `theme` is set for a theme's section. Without a title it has
    only the editor's own blocks; `is_apart` says that it follows a section with a title, to which it does not belong.
    """

    kind: str
    title: str
    theme: ThemeLabel | None
    stories: tuple[RenderedStory | RenderedBlock, ...]
    is_apart: bool = False
    is_quiet: bool = False

    @property
    def rows(self) -> list[tuple[RenderedStory | RenderedBlock, ...]]:
        """The stories in rows: two side by side where both can be, else one."""
        rows: list[tuple[RenderedStory | RenderedBlock, ...]] = []
        for story in self.stories:
            if story.column and rows and len(rows[-1]) == 1 and rows[-1][0].column:
                rows[-1] = (rows[-1][0], story)
            else:
                rows.append((story,))
        return rows


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who sends the newsletter, which the law requires every mail to say."""

    name: str
    postal_address: str
    registration_number: str


@dataclass(frozen=True, kw_only=True)
class Mail:
    """Everything that one edition says, except its personal parts.

    `intro_html` is sanitised rich text with inlined CSS, `intro_text` the same as plain text.
    `date_label` is the month in words ("November 2026"). `direction` is "ltr" or "rtl". `opening` holds the
    editor's own blocks between the intro and the lead story.
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
        """The placeholders for the reader's salutation and links."""
        return PersonalParts.of(self)
