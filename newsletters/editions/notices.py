"""What staff should know about a block or a text before the issue is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from cms.plugins import Notice
from cms.plugins.fences import Fault
from cms.plugins.issue_checks import Part
from newsletters.editions.words.rich_text import LostLink

PLUGIN_FAILED = "plugin-failed"  # the code of the notice, and of the finding


def left_out(missing: str | Promise, *, locale: Locale, mend: str | Promise = "") -> Notice:
    """Return the notice that a block is left out in a language, why, and what to do."""
    language = locale.get_display_name()
    return Notice(
        message=format_lazy(_("Left out in {language}: {missing}."), language=language, missing=missing), mend=mend
    )


def plugin_missing(kind: str) -> Notice:
    """Return the notice that no installed plugin brings this kind of block."""
    return Notice(
        message=format_lazy(_("The block “{kind}” belongs to a plugin that is not installed."), kind=kind),
        mend=_("Install the plugin again, or delete the block."),
        code="block-missing",
        level="error",
    )


def plugin_failed(fault: Fault) -> Notice:
    """Return the notice that a part of a plugin was left out because it failed."""
    words = _("Plugin “{plugin}”: fault in the {part} of “{about}” ({error}).")
    return Notice(
        message=format_lazy(words, plugin=fault.plugin, part=fault.part, about=fault.about, error=fault.error),
        mend=_("Leave this block out, or have the plugin fixed. The report “Plugins” has details for administrators."),
        code=PLUGIN_FAILED,
        level="error",
    )


def lost_link_notices(links: Iterable[LostLink], *, part: Part | Literal[""] = "") -> Iterator[Notice]:
    """Yield an error for each of these links; `part` says where they are, if not in a block."""
    for link in dict.fromkeys(links):
        yield _anchor(link, part=part) if link.url else _lost(link, part=part)


def _anchor(link: LostLink, *, part: Part | Literal[""]) -> Notice:
    leads = _("The link “{text}” leads to “{url}”, an anchor within a page; such links do not work in a mail.")
    return Notice(
        part=part,
        code="link-anchor",
        level="error",
        message=format_lazy(leads, text=link.words, url=link.url),
        mend=_("Link to the page itself, or remove the link."),
    )


def _lost(link: LostLink, *, part: Part | Literal[""]) -> Notice:
    leads = _("The link “{text}” leads nowhere: its target was deleted, or mail programs do not open such links.")
    return Notice(
        part=part,
        code="link-lost",
        level="error",
        message=format_lazy(leads, text=link.words),
        mend=_("Choose where it leads, or remove the link."),
    )
