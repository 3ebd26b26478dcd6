"""How readable a mail is in a client that ignores its dark scheme: measured on what the browser paints."""

from __future__ import annotations

import base64
import colorsys
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from coloraide import Color
from PIL import Image

SCALE = 3  # so that the thinnest stroke has a pixel that is all its own colour
LEAST_PIXELS = 3
# The lines of text, and the text alternatives shown instead of pictures, with their positions.
LINES = """
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  if (!node.data.replace(/[\\s\\u034f\\u200c\\u00a0]/g, "")) continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  for (const box of range.getClientRects()) {
    const place = [box.x + scrollX, box.y + scrollY, box.width, box.height];
    if (box.width > 2) found.push([node.data.trim().slice(0, 60), ...place]);
  }
}
return JSON.stringify({lines: found, height: document.documentElement.scrollHeight});
"""
DARK_RULE = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)\s*")
SAYS_DARK = re.compile(r'<meta name="(?:supported-)?color-schemes?"[^>]*>|(?:supported-)?color-schemes?\s*:[^;"}]*;?')


@dataclass(frozen=True)
class Line:
    """A line of text as it is painted: its contrast with its background, and both colours."""

    words: str
    contrast: float
    text: str
    ground: str


def without_dark_scheme(html: str) -> str:
    """Return the mail as a client without dark schemes sees it."""
    while found := DARK_RULE.search(html):
        end, depth = found.end() + 1, 1
        while depth:
            depth += {"{": 1, "}": -1}.get(html[end], 0)
            end += 1
        html = html[: found.start()] + html[end:]
    return SAYS_DARK.sub("", html)


def turned_whole(html: str) -> str:
    """Return the mail as shown by a client that inverts the HSL lightness of every colour in it."""

    def turn(found: re.Match[str]) -> str:
        red, green, blue = (int(found[0][at : at + 2], 16) / 255 for at in (1, 3, 5))
        hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
        channels = colorsys.hls_to_rgb(hue, 1 - lightness, saturation)
        return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)

    return re.sub(r"(?<!&)#[0-9a-f]{6}\b", turn, without_dark_scheme(html))


def painted_lines(page: Any) -> list[Line]:
    """Return the lines of text on the page that the browser shows."""
    found = json.loads(page.execute_script(LINES))
    width = page.execute_script("return innerWidth")
    clip = {"x": 0, "y": 0, "width": width, "height": found["height"], "scale": SCALE}
    shot = page.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    picture = Image.open(BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
    return [_line(words, picture.crop(_box(*place))) for words, *place in found["lines"]]


def hardly_read(lines: list[Line], *, least: float = 4.5) -> list[Line]:
    """Return the lines with too little contrast."""
    return [line for line in lines if line.contrast < least]


def force_dark(page: Any, show: Callable[[], Any]) -> list[Line]:
    """Return the lines as the browser paints them when it darkens the page by force."""
    page.execute_cdp_cmd("Emulation.setAutoDarkModeOverride", {"enabled": True})
    try:
        show()
        return painted_lines(page)
    finally:
        page.execute_cdp_cmd("Emulation.setAutoDarkModeOverride", {})


def _box(x: float, y: float, width: float, height: float) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(each * SCALE) for each in (x, y, x + width, y + height))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _line(words: str, crop: Image.Image) -> Line:
    counted: Any = crop.getcolors(crop.width * crop.height)
    ground = max(counted)[1]
    strokes = {colour for count, colour in counted if count >= LEAST_PIXELS} or {ground}
    measured = {colour: _contrast(colour, ground) for colour in strokes}
    text = max(measured, key=lambda colour: measured[colour])
    return Line(words=words, contrast=measured[text], text=_hex(text), ground=_hex(ground))


def _contrast(one: Any, other: Any) -> float:
    return Color(_hex(one)).contrast(Color(_hex(other)), method="wcag21")


def _hex(colour: Any) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
