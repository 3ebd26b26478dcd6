"""The demo's texts, read from the TOML files in `content/`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

Entry = dict[str, Any]  # a table of a content file, as TOML: texts, numbers, lists, and a table for each language

LANGUAGES = ("en", "nl")


@cache
def load(name: str) -> Entry:
    """Return the content file with this name, given without `.toml`."""
    return tomllib.loads((Path(__file__).parent / "content" / f"{name}.toml").read_text("utf-8"))


def every_page() -> list[Entry]:
    """Return the entries of all pages, parents before children, each with its `model` and its parent's key."""
    site, articles = load("site"), load("articles")["article"]
    activities = load("activities")["activity"]
    themed = [(entry, "article") for entry in articles] + [(entry, "activity") for entry in activities]
    return [
        _entry(site["home"], model="home", parent=None),
        *(_entry(role, model="role", parent="home") for role in site["role"]),
        _entry(site["theme_index"], model="theme-index", parent="home"),
        *(_entry(theme, model="theme", parent=site["theme_index"]["key"]) for theme in site["theme"]),
        _entry(site["partnership"], model="partnership", parent="home"),
        _entry(site["team"], model="team", parent="home"),
        *(_entry(person, model="person", parent=site["team"]["key"]) for person in site["person"]),
        _entry(site["archive"], model="archive", parent="home"),
        *(_entry(item, model="archive-item", parent=site["archive"]["key"]) for item in load("archive")["item"]),
        _entry(site["newsletter"], model="newsletter", parent="home"),
        *(_entry(entry, model=model, parent=_theme_key(entry["theme"])) for entry, model in themed),
    ]


def _entry(texts: Entry, *, model: str, parent: str | None) -> Entry:
    return texts | {"model": model, "parent": parent}


def _theme_key(slug: str) -> str:
    return next(theme["key"] for theme in load("site")["theme"] if theme["slug_key"] == slug)
