"""Render the editor's own blocks in one language: each kind brings its MJML and its plain text, as story cards do.

The templates `newsletters/mail/blocks/<kind>.mjml` and `.txt` are given `block` (the values built here), `language`,
`direction` and `look`. A person is shown by the story card of the page's own plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from cms.plugins.issue_checks import Place
from newsletters.conf import conf
from newsletters.editions.cards import render_card, render_own
from newsletters.editions.loaded_pages import Material
from newsletters.editions.notices import Notice, left_out, lost_link_notices
from newsletters.editions.pictures import PORTRAIT, WIDE, Deleted, NoPicture
from newsletters.editions.stories import Told, pictures_of, story_of
from newsletters.editions.template_values import RenderedBlock
from newsletters.editions.words.directions import with_directions
from newsletters.editions.words.rich_text import mail_text
from newsletters.editions.words.safety import is_visible
from newsletters.exceptions import problems_at
from newsletters.values.look import Look, Picture

NO_WORDS = _("it has no words")
NOT_PUBLIC = _("its page is not public in this language")
NO_PORTRAIT = _("There is no portrait.")
CHOOSE_PORTRAIT = _("Choose a picture on the person’s page, or leave it.")


class LeftOut(Exception):
    """A block says nothing in a language; its message says why."""


def render_blocks(
    body: Iterable[Any], *, told: list[Told], material: Material, look: Look
) -> tuple[list[RenderedBlock], list[Notice]]:
    """Return the issue's own blocks in order, and notices on those that say nothing in the material's language."""
    rendered, notices = [], []
    for position, block in enumerate(body):
        if block.block_type not in BUILDERS:
            continue
        block_id = str(block.id or "")
        try:
            with problems_at(Place(block_id=block_id), language=material.locale.language_code):
                mjml, text, *noticed = BUILDERS[block.block_type](block.value, material, look)
        except LeftOut as reason:
            notices.append(left_out(block_id, reason.args[0], locale=material.locale))
            continue
        except NoPicture as reason:
            notices.append(left_out(block_id, reason.block, locale=material.locale, mend=reason.mend))
            continue
        notices.extend(replace(each, block_id=block_id) for each in noticed if isinstance(each, Notice))
        rendered.append(
            RenderedBlock(
                kind=block.block_type,
                block_id=block_id,
                follows=sum(1 for one in told if one.position < position),
                mjml=mjml,
                text=text,
                pictures=tuple(each for each in noticed if isinstance(each, Picture)),
            )
        )
    return rendered, notices


def _words(value: Any, material: Material, *, needed: str) -> Any:
    row = material.row(value)
    if row is None or not is_visible(str(getattr(row[needed], "source", row[needed]))):
        raise LeftOut(NO_WORDS)
    return row


def _text(value: Any, material: Material, look: Look) -> tuple[Any, ...]:
    row = _words(value, material, needed="text")
    told = mail_text(row["text"].source, base_url=conf.PUBLIC_URL, css=text_css(look))
    if not is_visible(told.text):
        raise LeftOut(NO_WORDS)
    html = with_directions(told.html)
    rendered = render_own("text", {"html": html, "text": told.text}, material=material, look=look)
    return (*rendered, *lost_link_notices(told.lost))


def text_css(look: Look) -> str:
    """Return the style of running text, which is inlined: mail clients keep no style sheet."""
    return (
        "p, ul, ol { margin: 0 0 16px; } li ul, li ol { margin: 0; } ul, ol { padding-left: 24px; } "
        f"a {{ color: {look.link}; text-decoration: underline; }}"
    )


def _quote(value: Any, material: Material, look: Look) -> tuple[str, str]:
    row = _words(value, material, needed="quote")
    return render_own("quote", {"quote": row["quote"], "who": row["attribution"]}, material=material, look=look)


def _button(value: Any, material: Material, look: Look) -> tuple[str, str]:
    row = _words(value, material, needed="label")
    page = material.page(value["page"])
    if value["page"] and page is None:
        raise LeftOut(NOT_PUBLIC)
    url = page.full_url if page else value["url"]
    if not url or urlsplit(url).scheme not in {"http", "https"}:
        raise LeftOut(_("it leads nowhere"))
    return render_own("button", {"label": row["label"], "url": url}, material=material, look=look)


def _image(value: Any, material: Material, look: Look) -> tuple[Any, ...]:
    row = material.row(value) or {"alt": "", "caption": ""}
    picture = material.picture(value["image"].pk if value["image"] else None, cut=WIDE, alt=row["alt"])
    if picture is None:
        raise Deleted
    said = render_own("image", {"picture": picture, "caption": row["caption"]}, material=material, look=look)
    return (*said, picture)


def _divider(value: Any, material: Material, look: Look) -> tuple[str, str]:
    return render_own("divider", {}, material=material, look=look)


def _person(value: Any, material: Material, look: Look) -> tuple[Any, ...]:
    page = material.page(value["page"])
    if page is None:
        raise LeftOut(NOT_PUBLIC)
    source = material.words(value["page"])
    if source is None:
        raise LeftOut(NO_WORDS)
    row = material.row(value)
    pictures, notices = pictures_of(source.image, alt=source.alt, block_id="", material=material, small=PORTRAIT)
    if source.image is None:
        notices = [Notice(block_id="", message=NO_PORTRAIT, mend=CHOOSE_PORTRAIT)]
    words = {"title": source.title, "link_text": source.link_text}
    teaser = (row["words"] if row else "") or source.teaser
    rendered = render_card(
        story_of(page, words=words, teaser=teaser, material=material, pictures=pictures), look=look, material=material
    )
    shown = [picture for picture in (pictures.get("thumbnail"),) if picture]
    return (rendered.mjml, rendered.text, *notices, *shown)


# What they return: MJML, plain text, and then notices on what staff should know, and the pictures that they show.
BUILDERS: dict[str, Callable[[Any, Material, Look], tuple[Any, ...]]] = {
    "text": _text,
    "quote": _quote,
    "button": _button,
    "image": _image,
    "divider": _divider,
    "person": _person,
}
