"""The picture of each page, drawn in a separate process while this process does something else."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager

from demo import place
from demo.alt_texts import describe, describe_portrait
from demo.pictures import draw_picture, draw_portrait
from demo.texts import Entry, every_page

_ahead: dict[str, Future[bytes]] = {}


@contextmanager
def drawn_ahead() -> Iterator[None]:
    """Draw every page's picture in another process while the block runs, unless there already is a database."""
    if (place.DEMO_DIR / "db.sqlite3").exists():
        yield
        return
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for number, entry in enumerate(every_page()):
            _ahead[entry["key"]] = pool.submit(_draw, entry, number)
        yield


def drawing(entry: Entry, *, number: int) -> bytes:
    """Return the PNG of a page's picture, drawn ahead if possible."""
    return _ahead[entry["key"]].result() if entry["key"] in _ahead else _draw(entry, number)


def alt_text(entry: Entry, code: str, *, number: int) -> str:
    """Return what the drawing shows, in words, in the language `code`."""
    if entry["model"] == "person":
        return describe_portrait(initials=_initials(entry), language=code)
    return describe(theme=theme_of(entry), seed=number, language=code)


def theme_of(entry: Entry) -> str | None:
    """Return the slug of the theme that the page is under or about."""
    return entry.get("theme") or entry.get("slug_key")


def _draw(entry: Entry, number: int) -> bytes:
    if entry["model"] == "person":
        return draw_portrait(initials=_initials(entry), seed=number)
    return draw_picture(theme=theme_of(entry), seed=number)


def _initials(entry: Entry) -> str:
    return "".join(word[0] for word in entry["en"]["title"].split()[:2])
