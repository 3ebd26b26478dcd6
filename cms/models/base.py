"""The base class of every page type of the hub."""

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
from cms.models.label_panels import CrossCuttingPanel, ThemesPanel
from cms.models.search_fields import IndexedField, with_composed_texts
from cms.models.theme import CrossCuttingTheme, Theme

DRAFT_FIELDS = ("live", "has_unpublished_changes", "live_revision", "first_published_at", "last_published_at")


class WebsitePreview(Protocol):
    """Shows an editor how the website displays changes that are not saved yet."""

    def __call__(self, page: HubPage, *, request: HttpRequest, now: datetime) -> HttpResponse | None:
        """Return a response that leads to the website's preview; None if no website is set."""


class HubPageTag(TaggedItemBase):
    """A tag on a page; tags belong to the base page, so look-ups by tag start from `HubPage`."""

    content_object = ParentalKey("HubPage", on_delete=models.CASCADE, related_name="tagged_items")


class HubPage(Page):
    """A page with what every card needs: a summary, a picture, themes and tags."""

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
    cross_cutting = ParentalManyToManyField(
        CrossCuttingTheme, blank=True, related_name="pages", verbose_name=_("cross-cutting themes")
    )
    tags = ClusterTaggableManager(through=HubPageTag, blank=True, verbose_name=_("tags"))

    content_panels = [
        *Page.content_panels,
        FieldPanel("summary"),
        MultiFieldPanel([FieldPanel("image"), FieldPanel("image_alt")], heading=_("Picture"), icon="image"),
        MultiFieldPanel(
            [
                ThemesPanel(
                    "themes",
                    help_text=_(
                        "Under the main theme the page appears in lists and in the newsletter. It is the theme of the "
                        "theme page above, if you tick that; otherwise it is the first in this list that you tick."
                    ),
                ),
                CrossCuttingPanel(
                    "cross_cutting",
                    help_text=_("What comes back under every theme; websites can list pages by it."),
                ),
                FieldPanel("tags"),
            ],
            heading=_("Themes and tags"),
            icon="tag",
        ),
    ]
    promote_panels = [
        FieldPanel("link_text"),
        *Page.promote_panels,
    ]
    search_fields = [
        *Page.search_fields,
        index.SearchField("summary", boost=2),
        index.FilterField("locale_id"),
    ]
    is_creatable = False
    has_cross_cutting_themes = False  # whether editors can give pages of this type cross-cutting themes
    website_preview: ClassVar[WebsitePreview]  # set when the app is ready, because models may not import it
    publishes_when_approved = True  # at the end of a Wagtail workflow; see cms.project.workflows

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    @classmethod
    def get_search_fields(cls) -> list[IndexedField]:
        """Return the fields that search indexes, with composed accents, for every page type."""
        return with_composed_texts(super().get_search_fields())

    def get_template(self, *_args: object, **_kwargs: object) -> list[str]:
        """Return the type's own template and, if that does not exist, the one that shows any page of the hub."""
        return [self.template, "cms/page.html"]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show unsaved changes on the website, or as a plain page if no website is set."""
        response = self.website_preview(self, request=request, now=timezone.now())
        return response or super().serve_preview(request, mode_name)

    def save(self, *args: object, update_fields: Iterable[str] | None = None, **kwargs: object) -> None:
        """Save the page; one that only mirrors another language is not translated, and stays a draft."""
        if self.mirrors_another_language:
            if update_fields is not None and (self.live or {"alias_of", "alias_of_id"} & set(update_fields)):
                update_fields = {*update_fields, *DRAFT_FIELDS}
            self.stay_draft()
        super().save(*args, update_fields=update_fields, **kwargs)
        if any(isinstance(field, index.RelatedFields) for field in type(self).search_fields):
            index.insert_or_update_object(self)  # Wagtail indexes a page before it saves the rows that belong to it

    def stay_draft(self) -> None:
        """Reset the page to one that was never published."""
        self.live, self.has_unpublished_changes = False, True
        self.live_revision = self.first_published_at = self.last_published_at = None

    @property
    def mirrors_another_language(self) -> bool:
        """Whether the page is an alias, directly or through other aliases, of a page in another language."""
        source, seen = self.alias_of, {self.pk}
        while source is not None and source.pk not in seen:
            if source.locale_id != self.locale_id:
                return True
            seen.add(source.pk)
            source = source.alias_of
        return False

    @property
    def main_theme(self) -> Theme | None:
        """The theme under which lists and the newsletter show the page: its first theme."""
        return next(iter(self.themes.all()), None)

    @classmethod
    def load_main_themes(cls, pages: Sequence[HubPage]) -> None:
        """Load in bulk what `main_theme` looks up besides the themes; `pages` are of this class."""

    @property
    def changes_at(self) -> list[datetime]:
        """The times at which the public page changes by itself, such as the end of a registration; override as needed.

        What the API says at those times is a new version of the content, whether the times are past or to come.
        """
        return []

    @property
    def alt(self) -> str:
        """The picture's text alternative: this page's own, else the picture's description."""
        return self.image_alt or (self.image.description if self.image else "")


class BodyPage(HubPage):
    """A hub page with a body made of the blocks that plugins bring."""

    body = BodyField(blank=True, verbose_name=_("body"))

    content_panels = [*HubPage.content_panels, FieldPanel("body")]
    search_fields = [*HubPage.search_fields, index.SearchField("body")]

    class Meta:
        abstract = True
