"""The content of the benchmarks, put straight into the tables, because saving it through Wagtail is slow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.files.images import ImageFile
from django.db import transaction
from django.db.models import Max, Model
from taggit.models import Tag
from wagtail.images.models import Image, Rendition
from wagtail.models import Locale, Page, Site

from cms.models import HomePage, HubPage, HubPageTag, Theme, ThemeName
from cms.pictures.renditions import make_renditions

START = datetime(2026, 1, 1, tzinfo=UTC)
THEMES = {"data": "Data", "power": "Civic power", "finance": "Innovative finance", "climate": "Climate"}
TAGS = [f"tag-{number}" for number in range(20)]
WORDS = (
    "Partners in five countries have tried for a year how open data helps a town to plan its water, and what they "
    "found is told here, with names and numbers, for whoever wants to do the same next year. "
)
BATCH = 500

Row = TypeVar("Row", bound=Model)


@transaction.atomic
def make_site() -> dict[str, HomePage]:
    """Make the site with its themes and tags, and return the front page of each language."""
    locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code in ("en", "nl")}
    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    root = Page.objects.get(depth=1)
    english = add_page(root, HomePage(title="Hub", slug="home", locale=locales["en"]))
    key = english.translation_key
    dutch = add_page(root, HomePage(title="De hub", slug="start", locale=locales["nl"], translation_key=key))
    Site.objects.create(hostname="hub.test", port=80, site_name="Hub", root_page=english, is_default_site=True)
    cache.clear()
    for position, (slug, name) in enumerate(THEMES.items()):
        theme = Theme.objects.create(slug=slug, position=position, colour="#1c6f9c")
        ThemeName.objects.bulk_create(ThemeName(theme=theme, locale=each, name=name) for each in locales.values())
    Tag.objects.bulk_create(Tag(slug=slug, name=slug.replace("-", " ")) for slug in TAGS)
    return {"en": english, "nl": dutch}


def add_page(parent: Page, page: Page) -> Page:
    """Add one published page under `parent` through Wagtail and return it."""
    page.first_published_at = page.last_published_at = START
    page.locale_id = page.locale_id or parent.locale_id
    return parent.add_child(instance=page)


def next_page_keys(count: int) -> range:
    """Return the keys that the next `count` pages will have."""
    first = (Page.objects.aggregate(Max("pk"))["pk__max"] or 0) + 1
    return range(first, first + count)


@transaction.atomic
def insert_pages(parent: Page, pages: Sequence[Page]) -> None:
    """Put `pages`, all of one type and with keys, under `parent`; each table gets one INSERT per batch.

    A page's key decides which themes and tags it gets. No signals are sent: neither search nor references are indexed.
    """
    parent.refresh_from_db()
    model = type(pages[0])
    above = model._meta.get_base_chain(Page)
    chain = [*reversed(above), model] if model is not Page else [Page]
    content_type = ContentType.objects.get_for_model(model)
    for number, page in enumerate(pages, start=parent.numchild + 1):
        _place(page, parent=parent, number=number, chain=chain)
        page.content_type = content_type
    for start in range(0, len(pages), BATCH):
        batch = pages[start : start + BATCH]
        for table in chain:
            fields = table._meta.local_concrete_fields
            # bulk_create refuses models that inherit, as all types of pages do.
            table._base_manager.all()._insert(batch, fields=fields, using="default")  # noqa: SLF001 - nothing public does it
    Page.objects.filter(pk=parent.pk).update(numchild=parent.numchild + len(pages))
    _label([page.pk for page in pages])


def _place(page: Page, *, parent: Page, number: int, chain: list[type[Page]]) -> None:
    page.path = page._get_path(parent.path, parent.depth + 1, number)  # noqa: SLF001 - treebeard has no public name for it
    page.depth = parent.depth + 1
    page.url_path = f"{parent.url_path}{page.slug}/"
    page.locale_id, page.live, page.draft_title = parent.locale_id, True, page.title
    page.first_published_at = page.first_published_at or START + timedelta(minutes=7 * number)
    page.last_published_at = page.first_published_at
    for table in chain:
        setattr(page, table._meta.pk.attname, page.id)


def _label(keys: list[int]) -> None:
    themes = list(Theme.objects.values_list("pk", flat=True))
    tags = list(Tag.objects.filter(slug__in=TAGS).order_by("pk").values_list("pk", flat=True))
    through = HubPage.themes.through
    own = ({themes[key % len(themes)], themes[key // 3 % len(themes)]} for key in keys)
    links = [(key, theme) for key, found in zip(keys, own, strict=True) for theme in found]
    through.objects.bulk_create([through(hubpage_id=key, theme_id=theme) for key, theme in links], batch_size=BATCH)
    rows = [(key, tags[(key * step) % len(tags)]) for key in keys for step in (1, 3)]
    HubPageTag.objects.bulk_create([HubPageTag(content_object_id=k, tag_id=t) for k, t in set(rows)], batch_size=BATCH)


def make_images(count: int) -> list[int]:
    """Make this many images with the renditions of all presets; they share the files of two. Return their keys."""
    originals = [_draw(number) for number in range(2)]
    for image in originals:
        if not make_renditions(image=image):
            raise SystemExit("Pillow could not make the renditions.")
    images = [_copy(Image, originals[number % 2]) for number in range(count)]
    keys = [image.pk for image in Image.objects.bulk_create(images, batch_size=BATCH)]
    made: Mapping[int, list[Any]] = {n: list(originals[n].renditions.all()) for n in range(2)}
    rows = [_copy(Rendition, each, image_id=key) for number, key in enumerate(keys) for each in made[number % 2]]
    Rendition.objects.bulk_create(rows, batch_size=BATCH)
    return keys


def _draw(number: int) -> Image:
    from PIL import Image as Picture

    file = BytesIO()
    Picture.new("RGB", (1800, 1200), ("#ffcf24", "#1c6f9c")[number]).save(file, "PNG")
    file.seek(0)
    picture = ImageFile(file, name=f"bench-{number}.png")
    return Image.objects.create(title=f"Picture {number}", description="A field of one colour", file=picture)


def _copy(model: type[Row], row: Row, **values: object) -> Row:
    fields = model._meta.concrete_fields
    names = [field.attname for field in fields if not field.primary_key]
    return model(**{name: getattr(row, name) for name in names} | values)


def article_body(*, links: Sequence[int], images: Sequence[int]) -> list[dict[str, Any]]:
    """Return a body: for each of `links` a rich text that links to this page, with the `images` in between."""
    body: list[dict[str, Any]] = []
    for number, key in enumerate(links):
        html = f'<p>{WORDS}<a linktype="page" id="{key}">More on this</a>. <b>{WORDS}</b></p><p>{WORDS}</p>'
        body.append({"type": "text", "value": html, "id": f"00000000-0000-4000-8000-{number:012}"})
        if number < len(images):
            value = {"image": images[number], "alt": "A field of one colour", "caption": "Drawn for this"}
            body.append({"type": "image", "value": value, "id": f"00000000-0000-4000-8001-{number:012}"})
    return body
