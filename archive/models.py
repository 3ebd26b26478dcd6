"""The Spindle archive, 2016-2020: publications, projects and events of the previous programme."""

from functools import cached_property

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.documents import get_document_model_string
from wagtail.search import index

from cms.models import BodyPage, LinkRow
from cms.models.search_fields import SearchField


class ArchivePage(BodyPage):
    """The front page of an archive."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_archive.ArchiveItemPage"]
    page_description = _("The front page of an archive; its items are the pages below it.")

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")


class ArchiveItemPage(BodyPage):
    """One item of an archive, with a document if it is a publication."""

    class Kind(models.TextChoices):
        MAGAZINE = "magazine", _("Magazine")  # an issue of a magazine, with a cover
        PUBLICATION = "publication", _("Publication")  # something to read, usually with a document
        PROJECT = "project", _("Project")  # something that was done and tried
        EVENT = "event", _("Event")  # something that took place

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices, default=Kind.PUBLICATION)
    year = models.PositiveSmallIntegerField(_("year"), validators=[MinValueValidator(1990), MaxValueValidator(2100)])
    document = models.ForeignKey(
        get_document_model_string(),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("document"),
        help_text=_("The publication itself, as a PDF. Readers see how large it is."),
    )
    page_count = models.PositiveSmallIntegerField(
        _("number of pages"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How many pages the document has."),
    )
    outcome = models.TextField(
        _("what became of it"),
        max_length=400,
        blank=True,
        help_text=_("In one or two sentences: is it still in use, who went on with it, what did we learn?"),
    )

    parent_page_types = ["hub_archive.ArchivePage"]
    subpage_types: list[str] = []
    template = "archive/item_page.html"
    page_description = _("A magazine, publication, project or event of a former programme.")
    content_panels = [
        *BodyPage.content_panels[:1],
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("kind"), FieldPanel("year")])], heading=_("What it is"), icon="folder-open-1"
        ),
        FieldPanel("summary"),
        MultiFieldPanel(
            [
                FieldPanel("image", help_text=_("For a magazine or a publication: its cover.")),
                FieldPanel("image_alt"),
            ],
            heading=_("Cover or picture"),
            icon="image",
        ),
        *BodyPage.content_panels[3:-1],
        MultiFieldPanel([FieldPanel("document"), FieldPanel("page_count")], heading=_("Document"), icon="doc-full"),
        *BodyPage.content_panels[-1:],
        FieldPanel("outcome"),
        InlinePanel("links", heading=_("Links"), label=_("Link"), icon="link"),
    ]
    search_fields = [
        *BodyPage.search_fields,
        index.SearchField("outcome"),
        index.RelatedFields("links", [SearchField("text")]),
        index.FilterField("kind"),
        index.FilterField("year"),
    ]

    class Meta:
        verbose_name = _("archive item")
        verbose_name_plural = _("archive items")
        indexes = [models.Index(fields=["year"], name="hub_archive_item_year")]

    @cached_property
    def listed_links(self) -> list["ArchiveItemLink"]:
        """The links, loaded once."""
        return list(self.links.all())


class ArchiveItemLink(LinkRow):
    """A link from an archive item to another website."""

    page = ParentalKey(ArchiveItemPage, on_delete=models.CASCADE, related_name="links")

    class Meta(LinkRow.Meta):
        verbose_name = _("link")
        verbose_name_plural = _("links")
