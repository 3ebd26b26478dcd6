"""The plugin contract for the content of a newsletter's issues: block kinds, and sections of stories.

Django is not imported here, as in the rest of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from typing import Literal

    from django.utils.functional import Promise
    from pydantic import BaseModel

    from cms.plugins.issue_checks import Level, Part


class LeftOut(Exception):
    """A block has nothing to show in a language: `why` completes “Left out:”, `mend` says how to fix it, if known."""

    def __init__(self, why: str | Promise, *, mend: str | Promise = "") -> None:
        super().__init__(why)
        self.why, self.mend = why, mend


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that staff should know about a block before the issue is sent, and what to do about it, if known.

    `part` names a place other than a block; `code` and `level` are those of the finding that the notice becomes.
    """

    message: str | Promise
    block_id: str = ""
    mend: str | Promise = ""
    part: Part | Literal[""] = ""
    code: str = "remark"
    level: Level = "warning"


@dataclass(frozen=True, kw_only=True)
class ToldBlock:
    """The content of a block in one language.

    `kept` is stored with the sent edition, as JSON. In it `page` and `image` are primary keys and `html` is stored rich
    text: websites show what they refer to as long as it is public. `shown` is passed to the kind's templates as
    `block`; by default that is `kept`. If `story` is set (a `newsletters.editions.template_values.Story`), its page's
    story card shows the block instead of a template. `pictures` are those that readers see.
    """

    kept: Mapping[str, Any]
    shown: Mapping[str, Any] | None = None
    story: Any = None
    pictures: tuple[Any, ...] = ()
    notices: tuple[Notice, ...] = ()


class KeptBlock(Protocol):
    """A block as it was stored, with what it refers to as the public sees it now; None for what is not public."""

    value: Mapping[str, Any]
    page: Any
    image: Any
    html: str

    def words(self, *names: str) -> dict[str, Any]:
        """Return the block's `id`, its `type` and these texts, by their names."""


@dataclass(frozen=True, kw_only=True)
class IssueBlockKind:
    """A block kind for issues of a newsletter.

    `name` is the stable public name that clients of the API switch on. `form` makes the Wagtail block that editors fill
    in, a StructBlock; its fields `page` and `image` are loaded for `tell`, and `texts`, a
    `newsletters.editions.blocks.rows.WordsBlock`, holds its texts. `tell` takes the block's value and the
    `newsletters.editions.loaded_pages.LoadedPages`, and returns the block's content in their language, or raises
    LeftOut. `mjml` and `text` are paths of templates, which get `block`, `language`, `direction` and `look`. Instead of
    both or either, `template` may name an HTML template that gets `value`, such as the `template` of a `BlockKind`: its
    paragraphs, lists, links and emphasis then show the block in the mail and as plain text. `schema` describes the
    block of a sent issue in the API, a subclass of `cms.api.values.BodyBlock` whose `type` is this name; `show` makes
    it from the stored block, and returns None if nothing is left to show.

    With `section`, the blocks are shown under that section's title. `tells_page` means that the block shows a page's
    own texts, which the issue remembers. A rule (`is_rule`) has nothing to read, and moves with the story above it.
    """

    name: str
    form: Callable[[], Any]
    tell: Callable[[Any, Any], ToldBlock]
    schema: type[BaseModel]
    show: Callable[[KeptBlock], Any]
    template: str = ""
    mjml: str = ""
    text: str = ""
    section: str = ""
    tells_page: bool = False
    is_rule: bool = False


@dataclass(frozen=True, kw_only=True)
class StorySection:
    """A part of a newsletter's mails with its own title; story cards name it.

    `place` orders what is gathered: themes are at 10, coming activities at 20, the archive at 30, people at 40.
    A quiet section has a thin line above it.
    """

    name: str
    title: str | Promise
    place: int
    is_quiet: bool = False
