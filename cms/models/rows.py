"""Rows that page types of several plugins have: a list of links."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import Orderable, TranslatableMixin


class LinkRow(TranslatableMixin, Orderable):
    """A link in a page's list of links; a page type makes a row class of it, with a `ParentalKey` to itself."""

    text = models.CharField(
        _("link text"), max_length=120, help_text=_("Says where the link leads, such as “The project’s website”.")
    )
    url = models.URLField(_("address"), max_length=500)

    panels = [FieldRowPanel([FieldPanel("text"), FieldPanel("url")])]

    class Meta(TranslatableMixin.Meta, Orderable.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.text
