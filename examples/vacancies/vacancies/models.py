"""The page model for vacancies."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from cms.models import BodyPage


class VacancyPage(BodyPage):
    """A vacancy with a closing date."""

    employer = models.CharField(_("employer"), max_length=160)
    closes_at = models.DateTimeField(_("closes"), db_index=True)

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types: list[str] = []
    content_panels = [
        *BodyPage.content_panels[:1],
        FieldPanel("employer"),
        FieldPanel("closes_at"),
        *BodyPage.content_panels[1:],
    ]

    class Meta:
        verbose_name = _("vacancy")
        verbose_name_plural = _("vacancies")
