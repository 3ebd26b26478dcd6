"""Turn an issue's story blocks into stories of one language."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.images.models import SourceImageIOError
from wagtail.models import Locale, Site

from cms.models import HubPage, Theme
from cms.queries import public_pages
from cms.registry import card_for
from newsletters.conf import conf
from newsletters.mail import Picture, Story, ThemeLabel

logger = logging.getLogger(__name__)

PICTURE = "fill-1200x675|format-jpeg|jpegquality-78"
THUMBNAIL = "fill-640x480|format-jpeg|jpegquality-78"


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something that staff should know about a story before the issue goes out, said in the reader's language."""

    story: str
    message: Any


@dataclass(frozen=True, kw_only=True)
class Told:
    """A story as it is told in one language, and whether it leads."""

    story: Story
    is_lead: bool


def tell_stories(
    blocks: Iterable[Any], *, locale: Locale, site: Site, now: datetime
) -> tuple[list[Told], list[Remark]]:
    """Return the stories that can be told in `locale`, in order, and remarks on those that cannot."""
    found = [block for block in blocks if block.block_type == "story" and block.value["page"]]
    public = public_pages(site=site, now=now)
    pages = _translations(public, sources=[block.value["page"] for block in found], locale=locale)
    told, remarks = [], []
    for block in found:
        value = block.value
        page = pages.get(value["page"].translation_key)
        text = next((t for t in value["texts"] if t["language"] == locale.language_code), None)
        if page is None or text is None:
            missing = _("its page is not public in this language") if page is None else _("it has no words")
            remarks.append(
                Remark(
                    story=value["page"].title,
                    message=format_lazy(
                        _("Left out in {language}: {missing}."), language=locale.get_display_name(), missing=missing
                    ),
                )
            )
            continue
        story, story_remarks = _story(page, block_id=str(block.id or ""), value=value, text=text, locale=locale)
        told.append(Told(story=story, is_lead=value["is_lead"]))
        remarks.extend(story_remarks)
    return told, remarks


def _translations(public: Any, *, sources: list[Any], locale: Locale) -> dict[Any, HubPage]:
    keys = {page.translation_key for page in sources}
    pages = public.filter(translation_key__in=keys, locale=locale).specific()
    return {page.translation_key: page for page in pages.prefetch_related("themes__names__locale")}


def _story(page: Any, *, block_id: str, value: Any, text: Any, locale: Locale) -> tuple[Story, list[Remark]]:
    card = card_for(page)
    image = value["image"] or page.image
    pictures: dict[str, Picture | None] = {"picture": None, "thumbnail": None}
    remarks = []
    if image:
        try:
            pictures = {
                "picture": _picture(image, spec=PICTURE, alt=page.alt),
                "thumbnail": _picture(image, spec=THUMBNAIL, alt=page.alt),
            }
        except (SourceImageIOError, OSError) as error:
            logger.warning("Picture %s of page %s cannot be read: %s", image.pk, page.pk, error)
            remarks.append(Remark(story=text["title"], message=_("Its picture's file is missing: told without it.")))
    story = Story(
        card=card.type if card else "page",
        section=card.section if card else "theme",
        title=text["title"],
        teaser=text["teaser"],
        link_text=text["link_text"] or text["title"],
        url=page.full_url,
        themes=tuple(theme_label(theme, locale=locale) for theme in _main_theme_first(page)),
        facts=card.facts(page) if card else {},
        block_id=block_id,
        **pictures,
    )
    return story, remarks


def _main_theme_first(page: Any) -> list[Theme]:
    main = page.main_theme
    return sorted(page.themes.all(), key=lambda theme: theme != main)


def theme_label(theme: Theme, *, locale: Locale) -> ThemeLabel:
    """Return the theme as a reader of this language sees it."""
    return ThemeLabel(slug=theme.slug, name=theme.name_in(locale.language_code), colour=theme.colour)


def _picture(image: Any, *, spec: str, alt: str) -> Picture:
    rendition = image.get_rendition(spec)
    url = rendition.url
    return Picture(
        url=url if url.startswith("http") else f"{conf.PUBLIC_URL}{url}",
        width=rendition.width,
        height=rendition.height,
        alt=alt,
    )
