"""Which colours of a newsletter's look are used on which, and whether they can be read there (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coloraide import Color

LEAST = 4.5  # WCAG 2.2, success criterion 1.4.3, level AA

# Every text colour, and the backgrounds on which it is used somewhere in a mail.
GROUNDS: dict[str, tuple[str, ...]] = {
    "ink": ("paper", "page"),
    "link": ("paper", "page"),
    "quiet": ("paper", "page"),
    "on_sun": ("sun",),
    "dark_ink": ("dark_paper", "dark_page"),
    "dark_link": ("dark_paper", "dark_page"),
    "dark_quiet": ("dark_paper", "dark_page"),
}


@dataclass(frozen=True, kw_only=True)
class LowContrast:
    """A pair that is hard to read: the names of the look's colours, the ratio measured, and a colour that would do.

    `remedy` is as close to the text's colour as possible, empty if making it lighter or darker does not help.
    """

    text: str
    ground: str
    ratio: float
    remedy: str


def contrast(text: str, ground: str) -> float:
    """Return the contrast of two colours (#rrggbb), between 1 and 21."""
    return Color(text).contrast(ground, method="wcag21")


def find_low_contrast(colours: Mapping[str, str]) -> list[LowContrast]:
    """Return the pairs of a look's colours (#rrggbb by name) that measure less than LEAST, in both schemes."""
    return [
        LowContrast(
            text=text,
            ground=ground,
            # Cut, not rounded: 4.499 is too little and must not be shown as 4.5.
            ratio=int(ratio * 100) / 100,
            remedy=_nearest_that_does(colours[text], grounds=[colours[name] for name in grounds]),
        )
        for text, grounds in GROUNDS.items()
        for ground in grounds
        if (ratio := contrast(colours[text], colours[ground])) < LEAST
    ]


def _nearest_that_does(text: str, *, grounds: list[str]) -> str:
    """Return `text`, only as much darker or lighter as needed to be read on all `grounds`; empty if nothing helps."""
    colour = Color(text).convert("oklch")
    lightness = colour["lightness"]
    for step in range(1, 101):
        for change in (-step, step):
            if 0 <= lightness + change / 100 <= 1:
                tried = colour.clone().set("lightness", lightness + change / 100)
                shown = tried.convert("srgb").fit().to_string(hex=True)
                if all(contrast(shown, ground) >= LEAST for ground in grounds):
                    return shown
    return ""
