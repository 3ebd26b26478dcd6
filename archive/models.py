"""The Spindle archive, 2016-2020: publications, projects and events of the previous programme."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.documents import get_document_model_string
from wagtail.search import index

from cms.models import BodyPage


class ArchivePage(BodyPage):
    """The front page of an archive."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_archive.ArchiveItemPage"]

    class Meta:
        verbose_name = _("archive")
        verbose_name_plural = _("archives")


class ArchiveItemPage(BodyPage):
    """One item of an archive, with a document if it is a publication."""

    class Kind(models.TextChoices):
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
    )

    parent_page_types = ["hub_archive.ArchivePage"]
    subpage_types: list[str] = []
    content_panels = [
        *BodyPage.content_panels[:-1],
        FieldRowPanel([FieldPanel("kind"), FieldPanel("year")]),
        FieldPanel("document"),
        *BodyPage.content_panels[-1:],
    ]
    search_fields = [*BodyPage.search_fields, index.FilterField("kind"), index.FilterField("year")]

    class Meta:
        verbose_name = _("archive item")
        verbose_name_plural = _("archive items")
        indexes = [models.Index(fields=["year"], name="hub_archive_item_year")]
