"""Draws the demo's pictures, portraits and publications: flat shapes in a theme's colour, with a sun."""

import io
import math
import random
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise

from PIL import Image, ImageDraw, ImageOps

Colour = tuple[int, int, int]
Pair = tuple[float, float]  # x and y, or start and end
Disc = tuple[float, float, float]  # x, y, radius
INK, PAGE, SUN = (0x1D, 0x1D, 0x2B), (0xF4, 0xF2, 0xEC), (0xFF, 0xCF, 0x24)
OVERSAMPLING = 3
UNIT = 100 * OVERSAMPLING  # shapes are measured in modules: 100 pixels of the finished picture
CIRCLE, UPPER, LOWER = (0, 360), (180, 360), (0, 180)  # turns, in degrees clockwise from three o'clock
ASCII = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "ß": "ss", "ø": "o"})


def draw_picture(*, theme: str | None, seed: int) -> bytes:
    """Return a PNG of 1600x900 pixels for a theme in THEMES; the same arguments give the same bytes."""
    sheet = _compose(theme, seed)
    picture = sheet.image.reduce(OVERSAMPLING)
    return _png(ImageOps.mirror(picture) if sheet.pick((True, False)) else picture, sheet.inks)


def draw_portrait(*, initials: str, seed: int) -> bytes:
    """Return a PNG of 800x800 pixels with one to three initials where a photograph would have a face."""
    ground, shadow = ((PAGE, INK), (INK, PAGE), (_mix(INK, PAGE, 0.14), INK))[seed % 3]
    sheet = Sheet([ground, INK, INK, shadow], random.Random(f"{initials}/{seed}"), width=8, height=8)
    x, y = sheet.pick((3.3, 4.7)), sheet.between(3.2, 3.6)
    sheet.disc(x, y, sheet.between(3.9, 4.3), SUN)
    sheet.disc(16 - 3 * x, 8, sheet.between(1.6, 2.4), shadow)
    picture, size = sheet.image.reduce(OVERSAMPLING), min(340, 660 / max(1, len(initials)))
    _write(picture, (160 + x * 60, y * 100 + size * 0.35), initials, size, "ms")
    return _png(picture, sheet.inks)


def draw_publication(*, title: str, subtitle: str, theme: str | None, seed: int, pages: int = 4) -> bytes:
    """Return a PDF of A4 pages at 121 dpi, without dates in it: a cover with the title, then pages of shapes."""
    cover, lines = Image.new("RGB", (1000, 1414), PAGE), textwrap.wrap(title, 22, break_long_words=False)
    for number, line in enumerate(lines):
        _write(cover, (80, 160 + number * 90), line, 76)
    _write(cover, (80, 150 + len(lines) * 90), subtitle, 34)
    sheets = [_compose(theme, seed + number) for number in range(pages)]
    cover.paste(ImageOps.fit(sheets[0].image, (1000, 800), centering=(sheets[0].focus, 0)), (0, 614))
    rest = [ImageOps.fit(sheet.image, (1000, 1414), centering=(sheet.focus, 0)) for sheet in sheets[1:]]
    target, about = io.BytesIO(), {"title": title, "subject": subtitle, "creationDate": None, "modDate": None}
    cover.save(target, "PDF", save_all=True, append_images=rest, resolution=121, optimize=True, **about)
    return target.getvalue()


class Sheet:
    """An oversampled picture in progress, with its inks and random choices; x runs right and y down, in modules."""

    def __init__(self, inks: list[Colour], rng: random.Random, *, width: int = 16, height: int = 9) -> None:
        self.inks, self.between, self.pick = [*inks, SUN], rng.uniform, rng.choice
        self.ground, self.main, self.dark, self.soft = inks
        self.image, self.focus = Image.new("RGB", (width * UNIT, height * UNIT), self.ground), 0.5
        self.pen = ImageDraw.Draw(self.image)

    def sun(self, left: float, right: float, edges: tuple[int, ...] = (0, 9)) -> Disc:
        """Draw the sun with its centre between left and right, cropped by one of the edges (given as y)."""
        x, y, radius = self.between(left, right), self.between(0.4, 2.6), self.between(3.7, 5)
        sun, self.focus = (x, abs(self.pick(edges) - y), radius), x / 16
        self.disc(*sun, SUN)
        return sun

    def tones(self, count: int) -> Iterator[Colour]:
        """Yield colours for `count` shapes; no two neighbours are alike."""
        last = self.dark
        for _ in range(count):
            last = self.pick([tone for tone in (self.main, self.main, self.dark, self.soft) if tone != last])
            yield last

    def box(self, x: float, y: float, width: float, height: float, fill: Colour) -> None:
        self.pen.rectangle(_bounds(x, y, x + width, y + height), fill)

    def disc(self, x: float, y: float, radius: float, fill: Colour, turn: Pair = CIRCLE) -> None:
        self.pen.pieslice(_bounds(x - radius, y - radius, x + radius, y + radius), *turn, fill)

    def path(self, points: list[Pair], width: float, fill: Colour) -> None:
        self.pen.line([(x * UNIT, y * UNIT) for x, y in points], fill, round(width * UNIT), "curve")

    def overlap(self, first: Disc, second: Disc) -> None:
        """Darken the overlap of two discs, like two inks printed over each other: a chord of each."""
        for (x, y, radius), (x2, y2, radius2) in ((first, second), (second, first)):
            apart, towards = math.dist((x, y), (x2, y2)), math.degrees(math.atan2(y2 - y, x2 - x))
            cosine = (apart**2 + radius**2 - radius2**2) / (2 * apart * radius)
            half = math.degrees(math.acos(max(-1, min(1, cosine))))
            bounds = _bounds(x - radius, y - radius, x + radius, y + radius)
            self.pen.chord(bounds, towards - half, towards + half, self.dark)

    def columns(self) -> None:
        """Civic power: columns, or people, rise from one side to the other."""
        self.sun(3, 6, edges=(0,))
        count, bend = self.pick((4, 5, 7)), self.between(0.7, 1.4)
        shape, pitch = self.pick(("arch", "wing", "person")), 16 / count
        reach, turn = (pitch, (180, 270)) if shape == "wing" else (pitch / 2, CIRCLE)
        for step, tone in enumerate(self.tones(count)):
            x, top = step * pitch, 8 - 8.4 * ((step + 0.5) / count) ** bend
            self.disc(x + reach, top + reach, reach, tone, turn)
            self.box(x, top + reach, pitch, 20, tone)
            if shape == "person":
                self.disc(x + reach, top - pitch * 0.34, pitch * 0.3, tone)

    def placards(self) -> None:
        """Civic power: boards held up, each at its own height."""
        self.sun(9, 14, edges=(0,))
        x = self.between(-0.5, 1.5)
        for tone in self.tones(9):
            y, arm, lean = self.between(1.6, 6), self.between(1, 2), self.pick((-0.14, -0.07, 0, 0.07, 0.14))
            self.path([(x, y), (x - 9 * lean, y + 9)], 0.3, self.dark)
            self.path([(x - arm, y - arm * lean), (x + arm, y + arm * lean)], self.between(1.4, 2.6), tone)
            x += arm * self.between(1.4, 2.2)

    def discs(self) -> None:
        """Inclusion: discs overlap with each other and with the sun."""
        x, discs = self.between(0.5, 3), []
        for tone in (self.main, self.soft, self.main)[self.pick((0, 1)) :]:
            discs.append((x, self.between(3, 6), self.between(2.4, 3.8)))
            self.disc(*discs[-1], tone)
            x += discs[-1][2] * self.between(1.3, 1.6)
        x = min(max(x, 10), 15)
        for disc, neighbour in pairwise([*discs, self.sun(x, x)]):
            self.overlap(disc, neighbour)

    def openings(self) -> None:
        """Inclusion: a wall of doors, people and the sun behind it."""
        middle, *_ = self.sun(9, 13, edges=(9,))
        x, wall = self.between(-1, 0.6), [(20.0, 10.0), (20, -1), (-3, -1), (-3, 10)]
        while x < 16:
            radius, top, height = self.pick((0.8, 1, 1.5, 2)), self.between(0.7, 4.8), self.between(1.3, 2.6)
            x += radius
            curve = [(radius * math.cos(turn / 20), radius * math.sin(turn / 20)) for turn in range(-63, 1)]
            wall += [(x - radius, 10), *((x + a, top + radius + b) for a, b in curve), (x + radius, 10)]
            if abs(x - middle) < 2.2:
                self.disc(x, 9 - height, height * 0.16, INK)
                self.disc(x, 9 - height * 0.6, height * 0.2, INK)
                self.box(x - height * 0.2, 9 - height * 0.6, height * 0.4, height, INK)
            x += radius + self.pick((0.3, 0.6))
        self.pen.polygon([(x * UNIT, y * UNIT) for x, y in wall], self.main)

    def currents(self) -> None:
        """Organising: lines side by side swing over and under, across the whole sheet."""
        self.sun(10, 15)
        radius, count, axis = self.between(1.8, 2.8), self.pick((3, 4, 5)), self.between(3.8, 5.2)
        pitch, start = 1.5 * radius / count, self.between(-2, 1)
        for lane, tone in enumerate(self.tones(count)):
            shift = pitch * (lane - count / 2 + 0.5)
            for swing in range(8):
                x, reach = start + 2 * radius * swing, radius + shift * (-1) ** swing + 0.35 * pitch
                bounds = _bounds(x - reach, axis - reach, x + reach, axis + reach)
                self.pen.arc(bounds, *(UPPER, LOWER)[swing % 2], tone, round(pitch * 0.7 * UNIT))

    def routes(self) -> None:
        """Organising: a field of dots, some of which have joined."""
        self.sun(10, 15)
        rows = self.pick((3, 4))
        pitch = 9 / rows
        for spot in range(8 * rows):
            self.disc((spot // rows + 0.5) * pitch, (spot % rows + 0.5) * pitch, pitch * 0.14, self.dark)
        for y, tone in enumerate((self.soft, self.main, self.dark)):
            spots = [(self.pick((0, 1, 2)), y)]
            for _ in range(self.pick((2, 3, 4))):
                spots.append((spots[-1][0] + 1, min(rows - 1, max(0, spots[-1][1] + self.pick((-1, 0, 1))))))
            places = [((column + 0.5) * pitch, (row + 0.5) * pitch) for column, row in spots]
            self.path(places, pitch * 0.56, tone)
            for place in (places[0], places[-1]):
                self.disc(*place, pitch * 0.28, tone)
                self.disc(*place, pitch * 0.14, self.ground)

    def halftone(self) -> None:
        """Data: a grid of dots that grow towards one place, as in print."""
        *sun, radius = self.sun(9, 14)
        pitch, reach = self.pick((0.8, 1, 1.25)), self.between(7, 12)
        focus = self.between(0, 9), self.between(3, 9)
        columns = math.ceil(16 / pitch)
        for step in range(columns * math.ceil(9 / pitch)):
            spot = (step % columns + 0.5) * pitch, (step // columns + 0.5) * pitch
            size = max(0.1, 0.52 - 0.5 * math.dist(spot, focus) / reach)
            self.disc(*spot, size * pitch, self.dark if math.dist(spot, sun) < radius else self.main)

    def bars(self) -> None:
        """Data: rows of bars along one axis, as in a timetable."""
        self.sun(9, 14)
        rows = self.pick((5, 6, 8))
        for row in range(rows):
            x, tone = self.between(-3, 1), (self.main, self.soft)[row % 2]
            while x < 16:
                length = self.pick((1, 3, 4, 6))
                self.box(x, (row + 0.14) * 9 / rows, length, 6.5 / rows, self.dark if length == 1 else tone)
                x += length + self.pick((0, 1, 2, 4))

    def quarters(self) -> None:
        """The hub: quarter discs on a grid of half a sheet's height, the sun a half disc among them."""
        sun, low = self.pick((4.5, 9, 13.5)), self.pick((0, 4.5))
        self.disc(sun, low * 2, 4.5, SUN)
        for step, tone in enumerate(self.tones(8)):
            left, top, corner = step // 2 * 4.5, step % 2 * 4.5, self.pick((0, 1, 2, 3))
            x, y = left + 4.5 * (corner in (1, 2)), top + 4.5 * (corner in (2, 3))
            if self.pick((True, True, False)) and not (top == low and left in (sun - 4.5, sun)):
                self.disc(x, y, 4.5, tone, (corner * 90, corner * 90 + 90))


THEMES: dict[str | None, tuple[Colour, tuple[Callable[[Sheet], None], ...]]] = {
    "civic-power": ((0xC8, 0x47, 0x2F), (Sheet.columns, Sheet.placards)),
    "inclusion": ((0x2F, 0x7D, 0x5B), (Sheet.discs, Sheet.openings)),
    "organising": ((0x5A, 0x4F, 0xA2), (Sheet.currents, Sheet.routes)),
    "data": ((0x1C, 0x6F, 0x9C), (Sheet.halftone, Sheet.bars)),
    None: (INK, (Sheet.quarters, Sheet.openings)),
}


def _compose(theme: str | None, seed: int) -> Sheet:
    """Compose a sheet: seeds 0, 1, 2, ... run through the theme's compositions, each on page, full colour and tint."""
    colour, compositions = THEMES[theme]
    full = [colour, PAGE, INK, _mix(colour, INK, 0.65)] if theme else [INK, PAGE, _mix(INK, PAGE, 0.75), PAGE]
    page, tint = ([_mix(colour, PAGE, s), colour, INK, _mix(colour, PAGE, s + 0.35)] for s in (0, 0.16))
    sheet = Sheet((page, full, tint)[seed // len(compositions) % 3], random.Random(f"{theme}/{seed}"))
    compositions[seed % len(compositions)](sheet)
    return sheet


def _mix(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(colour, other, strict=True))
    return red, green, blue


def _bounds(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
    return round(left * UNIT), round(top * UNIT), round(right * UNIT) - 1, round(bottom * UNIT) - 1


def _write(picture: Image.Image, at: Pair, text: str, size: float, anchor: str = "ls") -> None:
    """Write in the font that Pillow ships, which has ASCII only, so accents are dropped."""
    plain = unicodedata.normalize("NFKD", text.translate(ASCII)).encode("ascii", "ignore").decode()
    ImageDraw.Draw(picture).text(at, plain, INK, anchor=anchor, font_size=size, stroke_width=size / 60)


def _png(picture: Image.Image, colours: list[Colour]) -> bytes:
    """Return a PNG whose palette contains the pure colours and the steps between any two of them."""
    pure, target, palette = list(dict.fromkeys(colours)), io.BytesIO(), Image.new("P", (1, 1))
    pairs = [(a, b, min(9, int(math.dist(a, b) / 12))) for a, b in combinations(pure, 2)]
    steps = [_mix(a, b, step / parts) for a, b, parts in pairs for step in range(1, parts)]
    palette.putpalette([channel for colour in (*pure, *steps) for channel in colour])
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(target, "PNG")
    return target.getvalue()
