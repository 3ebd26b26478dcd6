"""The plugin contract for what stands in an issue of a newsletter: kinds of block, and sections of stories.

No Django is imported here, as in the rest of the contract.
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
    """A block says nothing in a language: `why`, in words that follow “Left out:”, and how to mend that, if known."""

    def __init__(self, why: str | Promise, *, mend: str | Promise = "") -> None:
        super().__init__(why)
        self.why, self.mend = why, mend


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that staff should know about a block before the issue goes out, and what to do, if that is known.

    `part` names another place than a block; `code` and `level` are those of the finding that it becomes.
    """

    message: str | Promise
    block_id: str = ""
    mend: str | Promise = ""
    part: Part | Literal[""] = ""
    code: str = "remark"
    level: Level = "warning"


@dataclass(frozen=True, kw_only=True)
class ToldBlock:
    """What a block says in one language.

    `kept` is what stays with the edition that is sent, as JSON; `page` and `image` in it are primary keys, `html` is
    stored rich text: what these point at is shown by websites as long as it is public. `shown` is what the templates
    of its kind are given as `block`, `kept` if there is nothing else to show. With `story` (a
    `newsletters.editions.template_values.Story`) its page's story card shows it, and no template. `pictures` are those
    that readers see.
    """

    kept: Mapping[str, Any]
    shown: Mapping[str, Any] | None = None
    story: Any = None
    pictures: tuple[Any, ...] = ()
    notices: tuple[Notice, ...] = ()


class KeptBlock(Protocol):
    """A block as it was kept, with what it points at as the public sees it now; None for what is not public."""

    value: Mapping[str, Any]
    page: Any
    image: Any
    html: str

    def words(self, *names: str) -> dict[str, Any]:
        """Return its `id`, its `type` and these words, by their names."""


@dataclass(frozen=True, kw_only=True)
class IssueBlockKind:
    """One kind of block of which issues of a newsletter are made.

    `name` is the stable public word that readers of the API switch on. `form` makes the Wagtail block in which editors
    write it, a StructBlock; of its fields `page` and `image` are loaded for `tell`, and `texts` holds its words, a
    `newsletters.editions.blocks.rows.WordsBlock`. `tell` takes the block's value and the
    `newsletters.editions.loaded_pages.LoadedPages`, and returns what it says in their language, or raises LeftOut.
    `mjml` and `text` are template paths, given `block`, `language`, `direction` and `look`. `schema` is what the API
    says of it in a sent issue, a subclass of `cms.api.values.BodyBlock` whose `type` is this name; `show` makes it of
    what was kept, None if nothing is left to show.

    With a `section` its blocks stand under that section's title. `tells_page` says that it tells what a page says of
    itself, which the issue remembers. A rule (`is_rule`) is nothing to read, and goes where the story above it goes.
    """

    name: str
    form: Callable[[], Any]
    tell: Callable[[Any, Any], ToldBlock]
    schema: type[BaseModel]
    show: Callable[[KeptBlock], Any]
    mjml: str = ""
    text: str = ""
    section: str = ""
    tells_page: bool = False
    is_rule: bool = False


@dataclass(frozen=True, kw_only=True)
class StorySection:
    """A part of a newsletter's mails with a title of its own; story cards name it.

    `place` orders what is gathered: themes stand at 10, coming activities at 20, the archive at 30, people at 40.
    A quiet section stands under a thin line.
    """

    name: str
    title: str | Promise
    place: int
    is_quiet: bool = False
