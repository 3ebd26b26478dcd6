"""What becomes of a mail's colours where a client ignores the mail's dark scheme and turns it dark by force.

Such a client turns each colour of text and each of a ground by itself, so that two that go together well may be lost
on each other. `by_brightness` does what Chromium does, and so Android's web view (dark_mode_color_filter.cc), `by_lab`
what Outlook does (getDarkColor of microsoft/roosterjs), `by_hsl` the plainest that can be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from coloraide import Color

from newsletters.values.contrast import GROUNDS, LEAST, LowContrast, contrast

Pair = tuple[Color, Color]  # of text and its ground

# Chromium turns text that is darker than the first and grounds that are lighter than the second (0 to 255).
TEXT_BRIGHTNESS, GROUND_BRIGHTNESS = 150, 205
CHROMIUM_GREY, CHROMIUM_GROUND = 32, "#121212"  # a grey ground that comes out darker than the first is the second
OUTLOOK_LIGHTNESS = 21.247  # of the ground that was white
STEPS = 20


def by_brightness(text: str, ground: str) -> Pair:
    """Turn dark text and light grounds; what lies between stays as it is."""
    return (
        _turned(text) if _brightness(text) < TEXT_BRIGHTNESS else Color(text),
        _turned(ground) if _brightness(ground) > GROUND_BRIGHTNESS else Color(ground),
    )


def by_lab(text: str, ground: str) -> Pair:
    """Turn everything, by its lightness to the eye."""
    scale = (100 - OUTLOOK_LIGHTNESS) / 100
    return _with_lightness(text, ground, space="lab", turn=lambda was: (100 - was) * scale + OUTLOOK_LIGHTNESS)


def by_hsl(text: str, ground: str) -> Pair:
    """Turn everything, by its lightness in HSL."""
    return _with_lightness(text, ground, space="hsl", turn=lambda was: 1 - was)


@lru_cache(maxsize=256)
def sun_ground(*, sun: str, on_sun: str) -> str:
    """Return what text on the accent stands on: the accent, as little paler or darker as it takes to keep the text.

    That is, to measure LEAST as it is and turned in each way; where nothing does, as it is and turned by brightness.
    """
    away = max("#ffffff", "#000000", key=lambda end: contrast(on_sun, end))
    mixed = [Color(sun).mix(away, step / STEPS, space="srgb").to_string(hex=True) for step in range(STEPS + 1)]
    kept = [ground for ground in mixed if _is_kept(on_sun, ground)]
    in_all = (ground for ground in kept if min(_measure(turn(on_sun, ground)) for turn in (by_lab, by_hsl)) >= LEAST)
    return next(in_all, kept[0] if kept else away)


def find_lost_by_force(colours: Mapping[str, str]) -> Iterator[LowContrast]:
    """Find each ground of the light scheme on which text is lost, with the text that is lost most.

    The remedy is a colour for the ground, on which all its text is kept. Text on the accent has a ground made for it.
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
    """Return `ground`, as little paler or darker as it takes to keep all these colours of text, empty if none does."""
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


def _turned(colour: str) -> Color:
    (turned, _same) = _with_lightness(colour, colour, space="lab", turn=lambda was: min(110 - was, 100))
    channels = [round(channel * 255) for channel in turned[:3]]
    is_dark_grey = len(set(channels)) == 1 and channels[0] < CHROMIUM_GREY
    return Color(CHROMIUM_GROUND) if is_dark_grey else turned


def _with_lightness(text: str, ground: str, *, space: str, turn: Callable[[float], float]) -> Pair:
    text_colour, ground_colour = (Color(each).convert(space) for each in (text, ground))
    for colour in (text_colour, ground_colour):
        colour["lightness"] = turn(colour["lightness"])
    return text_colour.convert("srgb").clip(), ground_colour.convert("srgb").clip()
