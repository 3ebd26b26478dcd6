"""Configures Wagtail's own APIs so that they return the same fields of an article as a card of ours."""

from __future__ import annotations

from typing import Any

from PIL import Image as Picture
from wagtail.api import APIField

from cms.models import Theme, ThemeName
from cms.pictures.encode import FORMATS
from cms.pictures.renditions import PRESETS, filter_spec
from themes.models import ArticlePage

V2 = "/peers/v2/pages/"
V3 = "/peers/v3/pages/"
HTML = "rich_text_format=html"
DETAIL = f"{HTML}&fields=themes(slug,colour,names(name))"
ARTICLES = "type=hub_themes.ArticlePage&locale=en"


def declare_fields() -> None:
    """Declare `api_fields` as Wagtail's documentation describes."""
    from wagtail.images.api.fields import ImageRenditionField

    pictures = [
        APIField(name, serializer=ImageRenditionField(spec, source="image")) for name, spec in _pictures().items()
    ]
    models: Any = {
        ArticlePage: ["summary", "link_text", "last_published_at", "themes", "tags", "body", *pictures],
        Theme: ["slug", "colour", "names"],
        ThemeName: ["name"],
    }
    for model, names in models.items():
        model.api_fields = [name if isinstance(name, APIField) else APIField(name) for name in names]


def v2_list(*, limit: int) -> str:
    """Return the address of the latest articles as cards."""
    card = ",".join(["summary", "link_text", "last_published_at", "themes(slug,colour,names(name))", "tags"])
    fields = ",".join([card, *_pictures()])
    return f"{V2}?{ARTICLES}&order=-first_published_at&limit={limit}&fields={fields}&{HTML}"


def v2_detail(key: int) -> str:
    """Return the address of one article, with its body."""
    return f"{V2}{key}/?{DETAIL}"


def v2_find(path: str) -> str:
    """Return the address that redirects to the page at `path`."""
    return f"{V2}find/?html_path={path}&{DETAIL}"


def v3_list(*, limit: int) -> str:
    """Return the address of the latest articles; v3 lists only titles and addresses."""
    return f"{V3}?{ARTICLES}&order=-first_published_at&limit={limit}"


def v3_detail(key: int) -> str:
    """Return the address of one article, with its body."""
    return f"{V3}{key}/?{HTML}"


def v3_find(path: str) -> str:
    """Return the address that redirects to the page at `path`."""
    return f"{V3}find/?html_path={path}&{HTML}"


def _pictures() -> dict[str, str]:
    Picture.init()  # our cards have no formats either that Pillow cannot write here
    return {
        f"image_{width}_{image_format}": filter_spec(width=width, image_format=image_format)
        for width in PRESETS["card"]
        for image_format in FORMATS
        if image_format.upper() in Picture.SAVE
    }
