"""How a newsletter's mails look, with its logo as pictures that a mail can show."""

from __future__ import annotations

from wagtail.images.models import AbstractImage

from newsletters.editions.pictures import NoPicture, cut_logo
from newsletters.models import Newsletter
from newsletters.values.look import Look, Picture


def mail_look(newsletter: Newsletter) -> Look:
    """Return the newsletter's look; a logo that cannot be shown is left out, so that the sender's name is shown."""
    logo, dark_logo = (_logo(image, alt=newsletter.sender_name) for image in (newsletter.logo, newsletter.dark_logo))
    return newsletter.look(logo=logo, dark_logo=dark_logo if logo else None)


def _logo(image: AbstractImage | None, *, alt: str) -> Picture | None:
    if image is None:
        return None
    try:
        return cut_logo(image, alt=alt)
    except NoPicture:
        return None


def text_css(look: Look) -> str:
    """Return the CSS of running text, to be inlined: mail clients drop style sheets."""
    return (
        "p, ul, ol { margin: 0 0 16px; } li ul, li ol { margin: 0; } ul, ol { padding-left: 24px; } "
        f"a {{ color: {look.link}; text-decoration: underline; }}"
    )
