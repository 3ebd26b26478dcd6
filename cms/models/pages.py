"""The hub's own page types: home, its roles, the strategic partnerships."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from cms.models.base import BodyPage


class HomePage(BodyPage):
    """The front page of a language; all other pages of that language are below it."""

    tagline = models.CharField(_("tagline"), max_length=160, blank=True)

    parent_page_types = ["wagtailcore.Page"]
    content_panels = [*BodyPage.content_panels[:1], FieldPanel("tagline"), *BodyPage.content_panels[1:]]

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


class RolePage(BodyPage):
    """One of the hub's roles: agenda setting, connecting, facilitation."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("role page")
        verbose_name_plural = _("role pages")


class PartnershipPage(BodyPage):
    """The joint learning of the strategic partnerships."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("partnership page")
        verbose_name_plural = _("partnership pages")
