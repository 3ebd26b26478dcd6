"""What staff are told of links that cannot work in a mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cms.plugins.issue_checks import Part
from newsletters.editions.stories import Remark
from newsletters.editions.words.rich_text import LostLink


def lost_remarks(links: Iterable[LostLink], *, part: Part | Literal[""] = "") -> Iterator[Remark]:
    """Yield an error for each of these links; `part` is where they are, if not in a block."""
    for link in dict.fromkeys(links):
        yield _anchor(link, part=part) if link.url else _lost(link, part=part)


def _anchor(link: LostLink, *, part: Part | Literal[""]) -> Remark:
    leads = _("The link “{text}” leads to “{url}”, a place in a page; a mail has no such places.")
    return Remark(
        block_id="",
        part=part,
        code="link-anchor",
        level="error",
        message=format_lazy(leads, text=link.words, url=link.url),
        mend=_("Link to the page in which that place is, or remove the link."),
    )


def _lost(link: LostLink, *, part: Part | Literal[""]) -> Remark:
    leads = _("The link “{text}” leads nowhere: what it led to was deleted, or mail programs do not open it.")
    return Remark(
        block_id="",
        part=part,
        code="link-lost",
        level="error",
        message=format_lazy(leads, text=link.words),
        mend=_("Choose where it leads, or remove the link."),
    )
