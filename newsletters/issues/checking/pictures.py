"""Pictures: their text alternatives, whether their files exist, and whether they fit their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.template.defaultfilters import filesizeformat, floatformat
from django.utils.translation import gettext as _

from cms.plugins.issue_checks import (
    Finding,
    IssueToCheck,
    Level,
    MailToCheck,
    PictureFile,
    PictureToCheck,
    Place,
    StoryToCheck,
)

MANY_BYTES = 300_000  # one picture; a phone with a weak signal takes seconds to load it
MOST_BYTES = 1_000_000
MOST_PIXELS_WIDE = 1600  # shown at 600, sharp on any screen at twice that
VERY_TALL = 2  # height to width: above this it fills a screen, or only a strip of it shows
# What Wagtail's own content checker looks for, and the names that cameras give.
FILE_NAME = re.compile(
    r"\.(?:apng|avif|bmp|gif|heic|ico|jpe?g|png|svg|tiff?|webp)$|^https?://|^www\."
    r"|^(?:img|dsc[fn]?|dcim|image|photo|foto|scan|screenshot|pxl|whatsapp image)[\s_-]*\d[\d\s_()-]*$|^[\w-]*_[\w-]*$",
    re.IGNORECASE,
)


def check_pictures(issue: IssueToCheck) -> Iterator[Finding]:
    """Find pictures without a text alternative or a file, and those too large or too small for their place."""
    for mail in issue.mails:
        for picture in mail.pictures:
            yield from _alternative(picture, mail=mail)
        for picture in {picture.url: picture for picture in mail.pictures}.values():
            if file := issue.files.get(picture.url):
                yield from _file(picture, file=file, mail=mail)
                yield from _shape(picture, file=file, mail=mail)


def _alternative(picture: PictureToCheck, *, mail: MailToCheck) -> Iterator[Finding]:
    if picture.alt is None:
        yield _finding(
            "alt-missing",
            "error",
            _("A picture has no text alternative."),
            _("Ask whoever made the template to add an alt attribute."),
            picture=picture,
            mail=mail,
        )
    elif not picture.alt.strip() and isinstance(picture.of, StoryToCheck):
        yield _finding(
            "alt-empty",
            "warning",
            _("Nothing tells those who do not see the picture what it shows."),
            _("Describe it in the page’s “text alternative”. If it is only decorative, leave it as it is."),
            picture=picture,
            mail=mail,
        )
    elif FILE_NAME.search(picture.alt.strip()):
        yield _finding(
            "alt-file-name",
            "error",
            _("The picture’s text alternative is a file name: “%(alt)s”.") % {"alt": picture.alt},
            _("Describe what the picture shows."),
            picture=picture,
            mail=mail,
        )


def _file(picture: PictureToCheck, *, file: PictureFile, mail: MailToCheck) -> Iterator[Finding]:
    if file.bytes is None:
        yield _finding(
            "picture-missing",
            "error",
            _("A picture’s file is missing."),
            _("Choose the picture again, or another one."),
            picture=picture,
            mail=mail,
        )
        return
    if file.bytes > MANY_BYTES:
        yield _finding(
            "picture-heavy",
            "error" if file.bytes > MOST_BYTES else "warning",
            _("A picture’s file is %(size)s in size.") % {"size": filesizeformat(file.bytes)},
            _("Choose a simpler picture: photographs with a lot of detail make the largest files."),
            picture=picture,
            mail=mail,
        )
    if file.width > MOST_PIXELS_WIDE:
        yield _finding(
            "picture-wide",
            "warning",
            _("A picture is %(width)s pixels wide; mails show 600.") % {"width": file.width},
            _("Ask whoever made the template to use a smaller size."),
            picture=picture,
            mail=mail,
        )


def _shape(picture: PictureToCheck, *, file: PictureFile, mail: MailToCheck) -> Iterator[Finding]:
    where = Place(part="newsletter") if file.is_logo else None
    if file.width < file.room:
        yield _finding(
            "picture-small",
            "warning",
            (
                _("The logo is too small for its place: it fills %(width)s of %(room)s pixels in width.")
                if file.is_logo
                else _("A picture is too small for its place: it fills %(width)s of %(room)s pixels in width.")
            )
            % {"width": file.width, "room": file.room},
            _("It is shown at its own size. Choose a larger one; with twice the pixels it is sharp on every screen."),
            picture=picture,
            mail=mail,
            where=where,
        )
    if file.tallness > VERY_TALL:
        yield _finding(
            "picture-tall",
            "warning",
            _("A picture is %(times)s times as tall as it is wide.") % {"times": floatformat(file.tallness, -1)},
            _("A story shows only a strip of it, and in your own block it fills a whole screen. Choose a wider one."),
            picture=picture,
            mail=mail,
            where=where,
        )


def _finding(
    code: str,
    level: Level,
    message: str,
    mend: str,
    *,
    picture: PictureToCheck,
    mail: MailToCheck,
    where: Place | None = None,
) -> Finding:
    return Finding(
        code=code,
        level=level,
        message=message,
        mend=mend,
        place=where or picture.place,
        language=mail.language,
    )
