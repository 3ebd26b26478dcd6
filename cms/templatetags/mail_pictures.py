"""A tag for the pictures of mails, for the story cards of every plugin."""

from __future__ import annotations

from typing import Protocol

from django import template
from django.forms.utils import flatatt
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


class Picture(Protocol):
    """A picture in a mail: its address, its size in pixels, its text alternative."""

    url: str
    width: int
    height: int
    alt: str


@register.simple_tag
def mail_picture(
    picture: Picture, *, width: int, css_class: str = "", style: str = "", fluid: bool = True
) -> SafeString:
    """Return the `<img>` of a picture whose place is `width` pixels wide.

    It is never larger than its file and keeps its aspect ratio, also in Outlook, which uses only the attributes. A
    `fluid` picture fills its column, up to the width of its file. `style` is added.
    """
    shown = max(1, min(width, picture.width))
    wide = f"width:100%;max-width:{picture.width}px" if fluid else f"width:{shown}px"
    attributes = {
        "class": css_class or None,
        "src": picture.url,
        "alt": picture.alt,
        "width": shown,
        "height": max(1, round(shown * picture.height / max(1, picture.width))),
        "style": ";".join(filter(None, [f"display:block;{wide};height:auto", style])),
    }
    return mark_safe(f"<img{flatatt({name: str(value) for name, value in attributes.items() if value is not None})} />")
