"""How a newsletter looks, as its mails are given it: colours, stacks of fonts, logo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from newsletters.values.forced_dark import sun_ground

# Stacks of fonts that mail clients have, without quotation marks, so that they stand in any attribute.
FONTS = {
    "helvetica": "Helvetica Neue, Helvetica, Arial, sans-serif",
    "verdana": "Verdana, Geneva, sans-serif",
    "trebuchet": "Trebuchet MS, Lucida Grande, Arial, sans-serif",
    "tahoma": "Tahoma, Verdana, Geneva, sans-serif",
    "georgia": "Georgia, Times New Roman, serif",
    "times": "Times New Roman, Times, serif",
}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A rendition of an image: an absolute address, its size in pixels and its text alternative.

    `room` is how wide the place is that it stands in, 0 if that is not known; `tallness` is how many times as tall as
    wide the whole picture is.
    """

    url: str
    width: int
    height: int
    alt: str
    room: int = 0
    tallness: float = 0


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the newsletter looks: colours (#rrggbb; text pairs hold 4.5:1 in both schemes), stacks of fonts, logo.

    `columns` is how many stories of a theme stand beside each other. `logo` is shown instead of the sender's name,
    `dark_logo` instead of it in the dark scheme.
    """

    ink: str = "#1d1d2b"
    paper: str = "#ffffff"
    page: str = "#f4f2ec"
    sun: str = "#ffcf24"
    on_sun: str = "#1d1d2b"
    link: str = "#0b4f8a"
    quiet: str = "#5c5b66"
    dark_paper: str = "#16161f"
    dark_page: str = "#0f0f16"
    dark_ink: str = "#f2f0ea"
    dark_link: str = "#8cc4ff"
    dark_quiet: str = "#b9b7c3"
    heading_font: str = FONTS["helvetica"]
    body_font: str = FONTS["helvetica"]
    columns: int = 1
    logo: Picture | None = None
    dark_logo: Picture | None = None

    @cached_property
    def sun_ground(self) -> str:
        """What text on the sun stands on, so that it can still be read where a client turns colours by force."""
        return sun_ground(sun=self.sun, on_sun=self.on_sun)
