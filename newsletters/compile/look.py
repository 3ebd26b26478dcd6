"""How a newsletter's mails look, with its logo as pictures that a mail can show."""

from __future__ import annotations

import logging
from typing import Any

from wagtail.images.models import SourceImageIOError

from newsletters.conf import conf
from newsletters.mail import Look, Picture
from newsletters.models import Newsletter

logger = logging.getLogger(__name__)

LOGO = "max-480x112|format-png"  # shown at half of it, sharp on dense screens; PNG keeps what is see-through


def mail_look(newsletter: Newsletter) -> Look:
    """Return the newsletter's look; a logo whose file is missing is left out, so that the name stands there."""
    logo, dark_logo = (_logo(image, alt=newsletter.sender_name) for image in (newsletter.logo, newsletter.dark_logo))
    return newsletter.look(logo=logo, dark_logo=dark_logo if logo else None)


def _logo(image: Any, *, alt: str) -> Picture | None:
    if image is None:
        return None
    try:
        rendition = image.get_rendition(LOGO)
    except (SourceImageIOError, OSError) as error:
        logger.warning("The logo (picture %s) cannot be read: %s", image.pk, error)
        return None
    url = rendition.url
    return Picture(
        url=url if url.startswith("http") else f"{conf.PUBLIC_URL}{url}",
        width=(rendition.width + 1) // 2,
        height=(rendition.height + 1) // 2,
        alt=alt,
    )
