"""Load the hub's pages in two languages, each only once, however often this runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from html import escape
from io import BytesIO

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from django.db import transaction
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.models import Locale, Page, Site
from wagtail.signal_handlers import disable_reference_index_auto_update

from cms.models import HubPage, SiteSettings
from cms.plugins.registry import page_types
from demo.bodies.writer import BodyWriter
from demo.drawings import alt_text, drawing, theme_of
from demo.filling.details import activity_fields, add_rows, load_series, person_fields
from demo.filling.parts import PartsFiller
from demo.filling.vocabularies import cross_cutting_of, load_cross_cutting, load_themes
from demo.pictures import draw_publication
from demo.texts import LANGUAGES, Entry, every_page, load
from newsletters.models import Newsletter, NewsletterText
from themes.models import Series

CONSENT = {
    "en": (
        "I want to receive the newsletter of the Partos Innovation Hub by e-mail, about once a month, on the themes "
        "that I chose. I can unsubscribe with a link in every mail."
    ),
    "nl": (
        "Ik wil de nieuwsbrief van de Partos Innovation Hub per e-mail ontvangen, ongeveer één keer per maand, over de "
        "thema’s die ik heb gekozen. Ik kan me afmelden met een link in elke mail."
    ),
}


class SiteLoader:
    """Loads the pages; `say` gets the progress: how many steps are done, and how many there are."""

    def __init__(self, *, now: datetime, port: int, say: Callable[[int, int], None]) -> None:
        self.now, self.port, self.say = now, port, say
        self.locales = {code: Locale.objects.get_or_create(language_code=code)[0] for code in LANGUAGES}
        self.themes = load_themes(self.locales)
        self.cross_cutting = load_cross_cutting(self.locales)
        self.series: dict[str, Series] = {}
        self.pages: dict[tuple[str, str], Page] = {}
        self.parts = PartsFiller(pages=self.pages, rich_text=self._rich_text)
        self.models: dict[str, type[Page]] = {kind.type: model for model, kind in page_types().items()}

    def run(self) -> None:
        """Load themes, the newsletter and all pages; what already exists stays as staff left it."""
        self.series = load_series(self.locales)
        newsletter = self._newsletter()
        # In a new database, Wagtail's own welcome page takes the place of ours.
        Page.objects.filter(depth=2, content_type__model="page", slug="home").delete()
        entries = every_page()
        for number, entry in enumerate(entries):
            self._page_in_all_languages(entry, number=number, newsletter=newsletter)
            self.say(number + 1, 2 * len(entries))
        self._site()
        for number, entry in enumerate(entries, start=len(entries)):
            self._publish_bodies(entry)
            self.say(number + 1, 2 * len(entries))
        self._privacy_statements(newsletter)

    def _newsletter(self) -> Newsletter:
        newsletter, _created = Newsletter.objects.get_or_create(
            slug="newsletter",
            defaults={
                "name": "Partos Innovation Hub",
                "sender_name": "Partos Innovation Hub",
                "sender_email": "newsletter@innovationhub.example",
                "reply_to": "innovationhub@innovationhub.example",
                "postal_address": "Partos Innovation Hub (demo)\nVoorbeeldstraat 1\n1000 AA Amsterdam",
                "registration_number": "KvK 00000000",
            },
        )
        for code, locale in self.locales.items():
            NewsletterText.objects.get_or_create(
                newsletter=newsletter,
                locale=locale,
                defaults={
                    "title": load("site")["newsletter"][code]["title"],
                    "consent_wording": CONSENT[code],
                },
            )
        return newsletter

    def _privacy_statements(self, newsletter: Newsletter) -> None:
        """The newsletter's own page says what happens to subscribers' data."""
        for text in newsletter.texts.filter(privacy_page=None, privacy_link="").select_related("locale"):
            text.privacy_page = self.pages["newsletter", text.locale.language_code]
            text.save()

    @transaction.atomic
    def _page_in_all_languages(self, entry: Entry, *, number: int, newsletter: Newsletter) -> None:
        image = None
        for code in LANGUAGES:
            page = self._find(entry, code)
            if page is None:
                image = image or self._image(entry, number=number)
                page = self._add(entry, code, image=image, number=number, newsletter=newsletter)
            self.pages[entry["key"], code] = page

    def _find(self, entry: Entry, code: str) -> Page | None:
        pages = self.models[entry["model"]].objects.filter(locale=self.locales[code])
        return pages.filter(slug=entry[code]["slug"]).first()

    def _add(self, entry: Entry, code: str, *, image: AbstractImage, number: int, newsletter: Newsletter) -> Page:
        words = entry[code]
        page = self.models[entry["model"]](
            title=words["title"],
            slug=words["slug"],
            locale=self.locales[code],
            summary=words["summary"],
            link_text=words["link_text"],
            image=image,
            image_alt=alt_text(entry, code, number=number),
            show_in_menus=entry["parent"] == "home",
            live=False,
            first_published_at=self.now - timedelta(days=entry.get("days_ago", 400), minutes=number),
            **self._own_fields(entry, code, newsletter=newsletter),
        )
        if original := self.pages.get((entry["key"], LANGUAGES[0])):
            page.translation_key = original.translation_key
        slugs = [theme_of(entry), *entry.get("also", [])]
        page.themes.set([self.themes[slug] for slug in slugs if slug])
        page.cross_cutting.set([self.cross_cutting[slug] for slug in cross_cutting_of(entry)])
        page.tags.set(entry.get("tags", []))
        parent = self.pages[entry["parent"], code] if entry["parent"] else Page.get_first_root_node()
        with disable_reference_index_auto_update():  # publishing updates it, when the body is there
            parent.add_child(instance=page)
        return page

    def _own_fields(self, entry: Entry, code: str, *, newsletter: Newsletter) -> dict[str, object]:
        own: dict[str, object] = {}
        match entry["model"]:
            case "home":
                own = {"tagline": load("site")["site"][code]["tagline"]}
            case "theme":
                own = {"theme": self.themes[entry["slug_key"]]}
            case "person":
                own = person_fields(entry, code)
            case "newsletter":
                own = {"newsletter": newsletter}
            case "activity":
                own = activity_fields(entry, code, starts_at=self._start(entry), series=self.series)
            case "article":
                own = {"series": self.series.get(entry.get("series", ""))}
            case "archive-item":
                own = {
                    "kind": entry["kind"],
                    "year": entry["year"],
                    "document": self._document(entry),
                    "page_count": entry.get("page_count"),
                    "outcome": entry[code].get("outcome", ""),
                }
        return own

    def _start(self, entry: Entry) -> datetime:
        today = timezone.localtime(self.now).replace(hour=entry["hour"], minute=0, second=0, microsecond=0)
        return _on_a_weekday(today + timedelta(days=entry["in_days"]))

    def _image(self, entry: Entry, *, number: int) -> AbstractImage:
        description = alt_text(entry, "en", number=number)
        image = get_image_model()(title=entry["en"]["title"], description=description)
        image.file = ImageFile(BytesIO(drawing(entry, number=number)), name=f"{entry['key']}.png")
        image.save()
        return image

    def _document(self, entry: Entry) -> AbstractDocument | None:
        if "document" not in entry:
            return None
        model = get_document_model()
        title = entry["document"]
        if found := model.objects.filter(title=title).first():
            return found
        data = draw_publication(title=title, subtitle=f"The Spindle, {entry['year']}", theme=None, seed=1)
        file = ContentFile(data, name=f"{entry['key']}.pdf")
        return model.objects.create(title=title, file=file, file_size=len(data))

    def _site(self) -> None:
        home = self.pages["home", LANGUAGES[0]]
        site, _created = Site.objects.update_or_create(
            is_default_site=True,
            defaults={
                "hostname": "localhost",
                "port": self.port,
                "root_page": home,
                "site_name": load("site")["site"]["en"]["name"],
            },
        )
        SiteSettings.objects.get_or_create(
            site=site,
            defaults={
                "organisation": "Partos Innovation Hub",
                "contact_email": "innovationhub@innovationhub.example",
            },
        )

    @cached_property
    def _writers(self) -> dict[str, BodyWriter]:
        by_language = {
            code: {key: page for (key, own), page in self.pages.items() if own == code} for code in LANGUAGES
        }
        return {code: BodyWriter(pages) for code, pages in by_language.items()}

    @transaction.atomic
    def _publish_bodies(self, entry: Entry) -> None:
        """Write what links to other pages and publish: only now do all pages exist."""
        for code in LANGUAGES:
            page = self.pages[entry["key"], code]
            if not page.live:
                page.body = self._writers[code].body(entry[code]["body"])
                self.parts.fill(page, entry, code)
                add_rows(page, entry, code, pages=self.pages)
                page.save_revision().publish()

    def _rich_text(self, texts: list[str], code: str) -> str:
        return self._writers[code].paragraphs(texts)


def rich_text(paragraphs: list[str]) -> str:
    """Return plain paragraphs as rich text."""
    return "".join(f"<p>{escape(paragraph, quote=False)}</p>" for paragraph in paragraphs)


def page_count() -> int:
    """Return how many pages of the hub are live."""
    return HubPage.objects.live().count()


def _on_a_weekday(moment: datetime) -> datetime:
    return moment + timedelta(days=7 - moment.weekday()) if moment.weekday() > 4 else moment
