"""What staff should know of a story or a block before the issue goes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.plugins.issue_checks import Level, Part
from newsletters.editions.words.rich_text import LostLink


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that staff should know about a block before the issue goes out, and what to do, if that is known.

    `part` names another place than a block; `code` and `level` are those of the finding that it becomes.
    """

    block_id: str
    message: Any
    mend: Any = ""
    part: Part | Literal[""] = ""
    code: str = "remark"
    level: Level = "warning"


def left_out(block_id: str, missing: Any, *, locale: Locale, mend: Any = "") -> Notice:
    """Return the notice that a block is not told in a language, why, and what to do."""
    language = locale.get_display_name()
    return Notice(
        block_id=block_id,
        message=format_lazy(_("Left out in {language}: {missing}."), language=language, missing=missing),
        mend=mend,
    )


def lost_link_notices(links: Iterable[LostLink], *, part: Part | Literal[""] = "") -> Iterator[Notice]:
    """Yield an error for each of these links; `part` is where they are, if not in a block."""
    for link in dict.fromkeys(links):
        yield _anchor(link, part=part) if link.url else _lost(link, part=part)


def _anchor(link: LostLink, *, part: Part | Literal[""]) -> Notice:
    leads = _("The link “{text}” leads to “{url}”, a place in a page; a mail has no such places.")
    return Notice(
        block_id="",
        part=part,
        code="link-anchor",
        level="error",
        message=format_lazy(leads, text=link.words, url=link.url),
        mend=_("Link to the page in which that place is, or remove the link."),
    )


def _lost(link: LostLink, *, part: Part | Literal[""]) -> Notice:
    leads = _("The link “{text}” leads nowhere: what it led to was deleted, or mail programs do not open it.")
    return Notice(
        block_id="",
        part=part,
        code="link-lost",
        level="error",
        message=format_lazy(leads, text=link.words),
        mend=_("Choose where it leads, or remove the link."),
    )
