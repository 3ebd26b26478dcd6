"""How a newsletter looks, as its mails get it: colours, font stacks, logo."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from newsletters.values.forced_dark import sun_ground

# Stacks of fonts that mail clients have, without quotation marks, so that they fit into any attribute.
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

    `room` is the width of the place where it is shown, 0 if not known; `tallness` is the whole picture's height divided
    by its width.
    """

    url: str
    width: int
    height: int
    alt: str
    room: int = 0
    tallness: float = 0


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the newsletter looks: colours (#rrggbb; text pairs hold 4.5:1 in both schemes), font stacks, logo.

    `columns` is how many stories of a theme are side by side. `logo` is shown instead of the sender's name, and
    `dark_logo` instead of `logo` in the dark scheme.
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
        """The background of text on the sun, so that it can still be read where a client forces dark mode."""
        return sun_ground(sun=self.sun, on_sun=self.on_sun)
