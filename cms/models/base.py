"""The page that every page type of the hub builds on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from modelcluster.contrib.taggit import ClusterTaggableManager
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from taggit.models import TaggedItemBase
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.images import get_image_model_string
from wagtail.models import Page
from wagtail.search import index

from cms.models.body import BodyField
from cms.models.search_fields import IndexedField, with_composed_texts
from cms.models.theme import Theme

DRAFT_FIELDS = ("live", "has_unpublished_changes", "live_revision", "first_published_at", "last_published_at")


class WebsitePreview(Protocol):
    """Leads an editor to the website's page of what is not saved yet."""

    def __call__(self, page: HubPage, *, request: HttpRequest, now: datetime) -> HttpResponse | None:
        """Return what leads there, None if no website is set."""


class HubPageTag(TaggedItemBase):
    """A tag on a page; tags hang on the base page, so look-ups by tag start from `HubPage`."""

    content_object = ParentalKey("HubPage", on_delete=models.CASCADE, related_name="tagged_items")


class HubPage(Page):
    """What a card needs, whatever the type: a summary, a picture, themes and tags."""

    summary = models.TextField(
        _("summary"),
        max_length=400,
        blank=True,
        help_text=_("One or two sentences: the teaser in lists, search results and the newsletter."),
    )
    image = models.ForeignKey(
        get_image_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("image"),
    )
    image_alt = models.CharField(
        _("text alternative"),
        max_length=255,
        blank=True,
        help_text=_("What the image shows, for those who do not see it. Leave empty if it only decorates."),
    )
    link_text = models.CharField(
        _("link text"),
        max_length=80,
        blank=True,
        help_text=_("Says where a link to this page leads, such as “Read how partners share open data”."),
    )
    themes = ParentalManyToManyField(Theme, blank=True, related_name="pages", verbose_name=_("themes"))
    tags = ClusterTaggableManager(through=HubPageTag, blank=True, verbose_name=_("tags"))

    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel([FieldPanel("image"), FieldPanel("image_alt")], heading=_("Picture")),
    ]
    promote_panels = [
        MultiFieldPanel([FieldPanel("themes"), FieldPanel("tags")], heading=_("Themes and tags")),
        FieldPanel("link_text"),
        *Page.promote_panels,
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary", boost=2),
        index.FilterField("locale_id"),
    ]
    is_creatable = False
    website_preview: ClassVar[WebsitePreview]  # given when the app is ready: it stands above the tables
    publishes_when_approved = True  # what the end of a Wagtail workflow does; see cms.project.workflows

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    @classmethod
    def get_search_fields(cls) -> list[IndexedField]:
        """Return what search knows of a page, those of all types of page with composed accents."""
        return with_composed_texts(super().get_search_fields())

    def get_template(self, *_args: object, **_kwargs: object) -> list[str]:
        """Return the type's own template, if there is one, and the one that shows any page of the hub."""
        return [self.template, "cms/page.html"]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the website's page of what is not saved yet, or the plain page if no website is set."""
        response = self.website_preview(self, request=request, now=timezone.now())
        return response or super().serve_preview(request, mode_name)

    def save(self, *args: object, update_fields: Iterable[str] | None = None, **kwargs: object) -> None:
        """Save it; a page that only mirrors one in another language says nothing in its own, and stays a draft."""
        if self.mirrors_another_language:
            if update_fields is not None and (self.live or {"alias_of", "alias_of_id"} & set(update_fields)):
                update_fields = {*update_fields, *DRAFT_FIELDS}
            self.stay_draft()
        super().save(*args, update_fields=update_fields, **kwargs)

    def stay_draft(self) -> None:
        """Be a page that was never public."""
        self.live, self.has_unpublished_changes = False, True
        self.live_revision = self.first_published_at = self.last_published_at = None

    @property
    def mirrors_another_language(self) -> bool:
        """Whether it is an alias, perhaps by way of other aliases, of a page in another language."""
        source, seen = self.alias_of, {self.pk}
        while source is not None and source.pk not in seen:
            if source.locale_id != self.locale_id:
                return True
            seen.add(source.pk)
            source = source.alias_of
        return False

    @property
    def main_theme(self) -> Theme | None:
        """The theme that the page stands under, in lists and in the newsletter: its first."""
        return next(iter(self.themes.all()), None)

    @classmethod
    def load_main_themes(cls, pages: Sequence[HubPage]) -> None:
        """Read at once what `main_theme` looks up besides the themes; `pages` are of this class."""

    @property
    def alt(self) -> str:
        """The picture's text alternative: this page's own words, else the picture's description."""
        return self.image_alt or (self.image.description if self.image else "")


class BodyPage(HubPage):
    """A hub page with a body made of the blocks that plugins bring."""

    body = BodyField(blank=True, verbose_name=_("body"))

    content_panels = [*HubPage.content_panels, FieldPanel("body")]
    search_fields = [*HubPage.search_fields, index.SearchField("body")]

    class Meta:
        abstract = True
