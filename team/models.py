"""The team page and the people on it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.search import index

from cms.models import BodyPage


class TeamPage(BodyPage):
    """Where the team introduces itself."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_team.PersonPage"]

    class Meta:
        verbose_name = _("team page")
        verbose_name_plural = _("team pages")


class PersonPage(BodyPage):
    """A team member's bio; the page's title is the name, its image the portrait."""

    function = models.CharField(_("function"), max_length=160)
    email = models.EmailField(_("e-mail address"), blank=True)

    parent_page_types = ["hub_team.TeamPage"]
    subpage_types: list[str] = []
    content_panels = [
        *BodyPage.content_panels[:1],
        FieldPanel("function"),
        FieldPanel("email"),
        *BodyPage.content_panels[1:],
    ]
    search_fields = [*BodyPage.search_fields, index.SearchField("function")]

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
