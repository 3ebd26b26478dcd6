"""What becomes of a mail's colours where a client ignores the mail's dark scheme and forces its own.

Such a client inverts every text colour and every background by itself, so that a pair that is easy to read may become
unreadable. `by_brightness` does what Chromium does, and so Android's web view (dark_mode_color_filter.cc), `by_lab`
what Outlook does (getDarkColor of microsoft/roosterjs), `by_hsl` the simplest inversion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from coloraide import Color

from newsletters.values.contrast import GROUNDS, LEAST, LowContrast, contrast

Pair = tuple[Color, Color]  # a text colour and its background

# Chromium inverts text darker than the first and backgrounds lighter than the second (0 to 255).
TEXT_BRIGHTNESS, GROUND_BRIGHTNESS = 150, 205
CHROMIUM_GREY, CHROMIUM_GROUND = 32, "#121212"  # a grey background that becomes darker than the first is the second
OUTLOOK_LIGHTNESS = 21.247  # of a background that was white
STEPS = 20


def by_brightness(text: str, ground: str) -> Pair:
    """Invert dark text and light backgrounds; colours in between stay as they are."""
    return (
        _inverted(text) if _brightness(text) < TEXT_BRIGHTNESS else Color(text),
        _inverted(ground) if _brightness(ground) > GROUND_BRIGHTNESS else Color(ground),
    )


def by_lab(text: str, ground: str) -> Pair:
    """Invert everything by its perceived lightness."""
    scale = (100 - OUTLOOK_LIGHTNESS) / 100
    return _with_lightness(text, ground, space="lab", invert=lambda was: (100 - was) * scale + OUTLOOK_LIGHTNESS)


def by_hsl(text: str, ground: str) -> Pair:
    """Invert everything by its lightness in HSL."""
    return _with_lightness(text, ground, space="hsl", invert=lambda was: 1 - was)


@lru_cache(maxsize=256)
def sun_ground(*, sun: str, on_sun: str) -> str:
    """Return the background of text on the accent: the accent, only as much paler or darker as keeps the text readable.

    Readable means LEAST as it is and after every inversion; if no colour achieves that, after `by_brightness` only.
    """
    away = max("#ffffff", "#000000", key=lambda end: contrast(on_sun, end))
    mixed = [Color(sun).mix(away, step / STEPS, space="srgb").to_string(hex=True) for step in range(STEPS + 1)]
    kept = [ground for ground in mixed if _is_kept(on_sun, ground)]
    in_all = (
        ground for ground in kept if min(_measure(invert(on_sun, ground)) for invert in (by_lab, by_hsl)) >= LEAST
    )
    return next(in_all, kept[0] if kept else away)


def find_lost_by_force(colours: Mapping[str, str]) -> Iterator[LowContrast]:
    """Find every background of the light scheme on which text becomes unreadable, with the text that is worst.

    The remedy is a background on which all its text stays readable. Text on the accent has `sun_ground`.
    """
    for name in dict.fromkeys(ground for grounds in GROUNDS.values() for ground in grounds):
        texts = [text for text in GROUNDS if name in GROUNDS[text] and text != "on_sun"]
        if not texts or name.startswith("dark_"):
            continue
        ground = colours[name]
        ratio, lost = min((_measure(by_brightness(colours[text], ground)), text) for text in texts)
        if ratio < LEAST:
            remedy = _nearest(ground, [colours[text] for text in texts])
            yield LowContrast(text=lost, ground=name, ratio=int(ratio * 100) / 100, remedy=remedy)


def _nearest(ground: str, texts: Sequence[str]) -> str:
    """Return `ground`, only as much paler or darker as keeps all these text colours readable; empty if nothing does."""
    ends = [[Color(ground).mix(end, step / 100, space="srgb") for step in range(1, 101)] for end in ("white", "black")]
    tried = [colour.to_string(hex=True) for pair in zip(*ends, strict=True) for colour in pair]
    return next((colour for colour in tried if all(_is_kept(text, colour) for text in texts)), "")


def _is_kept(text: str, ground: str) -> bool:
    return min(contrast(text, ground), _measure(by_brightness(text, ground))) >= LEAST


def _measure(pair: Pair) -> float:
    text, ground = pair
    return text.contrast(ground, method="wcag21")


def _brightness(colour: str) -> int:
    red, green, blue = (round(channel * 255) for channel in Color(colour)[:3])
    return (red * 299 + green * 587 + blue * 114) // 1000


def _inverted(colour: str) -> Color:
    (inverted, _same) = _with_lightness(colour, colour, space="lab", invert=lambda was: min(110 - was, 100))
    channels = [round(channel * 255) for channel in inverted[:3]]
    is_dark_grey = len(set(channels)) == 1 and channels[0] < CHROMIUM_GREY
    return Color(CHROMIUM_GROUND) if is_dark_grey else inverted


def _with_lightness(text: str, ground: str, *, space: str, invert: Callable[[float], float]) -> Pair:
    text_colour, ground_colour = (Color(colour).convert(space) for colour in (text, ground))
    for colour in (text_colour, ground_colour):
        colour["lightness"] = invert(colour["lightness"])
    return text_colour.convert("srgb").clip(), ground_colour.convert("srgb").clip()
