"""Fixtures that all tests share: a site with a front page in English and one in Dutch."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import management
from django.core.cache import cache
from django.core.files.images import ImageFile
from django.db import connection
from django.urls import get_resolver
from django.utils import timezone
from django.utils.text import slugify
from wagtail.images.models import Image
from wagtail.models import Locale, Page, Site

from cms.models import HomePage, Theme, ThemeName
from cms.plugins import fences, registry
from tests.template_database import migrate_once


@pytest.fixture(autouse=True)
def kept_signal_handlers() -> Iterator[None]:
    """Restore the signal handlers that a worker in the test replaced: the next test needs its own."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@lru_cache
def names_of_our_settings() -> tuple[str, ...]:
    return tuple(name for name in dir(settings) if name.startswith("HUB_"))


@pytest.fixture(autouse=True)
def kept_settings() -> Iterator[None]:
    """Refuse a test that changes a setting's value in place, as `|=` does to a dict: it changes for all later tests."""
    before = {name: deepcopy(getattr(settings, name)) for name in names_of_our_settings()}
    yield
    assert {name: getattr(settings, name) for name in before} == before


@pytest.fixture(scope="session")
def while_migrating() -> pytest.MonkeyPatch:
    return pytest.MonkeyPatch()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None,
    while_migrating: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    testrun_uid: str,
) -> None:
    """Let one process migrate for all, without garbage collection, which takes a third of the migrations' time."""
    gc.disable()
    if connection.vendor == "sqlite" or hasattr(request.config, "workerinput"):
        command = migrate_once(request.config.cache.mkdir("migrated"), run=testrun_uid)
        while_migrating.setattr(management, "call_command", command)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, while_migrating: pytest.MonkeyPatch) -> None:
    while_migrating.undo()
    gc.enable()


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """Uploads and caches of a test last as long as the test."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    cache.clear()
    yield tmp_path / "media"
    cache.clear()


@pytest.fixture
def change_plugin() -> Iterator[Callable[..., None]]:
    """Change what an installed plugin declares: change_plugin("themes", story_cards=(…))."""
    assert get_resolver().url_patterns  # the API is built once, and has to be built from the real plugins
    patch = pytest.MonkeyPatch()

    def change(name: str, **changes: Any) -> None:
        pairs = tuple(
            (config, replace(plugin, **changes) if plugin.name == name else plugin)
            for config, plugin in registry.plugin_apps()
        )
        patch.setattr(registry, "plugin_apps", lru_cache(lambda: pairs))
        registry.forget()

    yield change
    patch.undo()
    registry.forget()
    fences.forget_rests()


@pytest.fixture
def locales(db: None) -> dict[str, Locale]:
    return {code: Locale.objects.get_or_create(language_code=code)[0] for code in ("en", "nl")}


@pytest.fixture
def site(home_en: HomePage) -> Site:
    """The default site, at hub.test, with `home_en` as its root; Wagtail's welcome page is gone."""
    return Site.objects.get(is_default_site=True)


@pytest.fixture
def home_en(locales: dict[str, Locale]) -> HomePage:
    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    root = Page.objects.get(depth=1)
    home = HomePage(title="Hub", slug="home", locale=locales["en"])
    add_page(root, home)
    Site.objects.create(hostname="hub.test", port=80, site_name="Innovation Hub", root_page=home, is_default_site=True)
    cache.clear()
    return home


@pytest.fixture
def home_nl(home_en: HomePage, locales: dict[str, Locale]) -> HomePage:
    home = home_en.copy_for_translation(locales["nl"])
    home.title, home.slug = "De hub", "start"
    home.save_revision().publish()
    cache.clear()
    return HomePage.objects.get(pk=home.pk)


@pytest.fixture
def make_theme(locales: dict[str, Locale]) -> Callable[..., Theme]:
    """Make a theme: make_theme("data", en="Data", nl="Gegevens")."""

    def make(slug: str, **names: str) -> Theme:
        theme = Theme.objects.create(slug=slug, colour="#1c6f9c", position=Theme.objects.count())
        for code, name in (names or {"en": slug.title()}).items():
            ThemeName.objects.create(theme=theme, locale=locales[code], name=name)
        return theme

    return make


@pytest.fixture
def make_image(db: None) -> Callable[..., Image]:
    return new_image


@pytest.fixture
def make_shown_image(make_image: Callable[..., Image]) -> Callable[..., Image]:
    """`make_image`, with the files that the public gets."""
    from cms.pictures.renditions import make_renditions

    def make(*args: Any, **fields: Any) -> Image:
        image = make_image(*args, **fields)
        make_renditions(image=image)
        return image

    return make


def new_image(title: str = "Picture", *, width: int = 1000, height: int = 500, **fields: Any) -> Image:
    """Make an image of one colour: new_image("A canal", width=1000, height=500), in a-canal.png."""
    from PIL import Image as Picture

    file = BytesIO()
    Picture.new("RGB", (width, height), "#ffcf24").save(file, "PNG")
    file.seek(0)
    return Image.objects.create(title=title, file=ImageFile(file, name=f"{slugify(title)}.png"), **fields)


def add_page(parent: Page, page: Page, **published: Any) -> Any:
    """Put `page` under `parent` as a published page, without the side effects of publishing, and return it."""
    now = timezone.now()
    page.live = published.pop("live", True)
    page.first_published_at = published.pop("first_published_at", now if page.live else None)
    page.last_published_at = published.pop("last_published_at", page.first_published_at)
    if page.locale_id is None and parent.depth > 1:
        page.locale = parent.locale
    parent.add_child(instance=page)
    return page


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-contract", action="store_true", help="write tests/cms/openapi.json anew from the API as it is"
    )
