"""A role of the hub: what the hub does in it, step by step, and examples."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel
from wagtail.fields import RichTextField
from wagtail.search import index

from cms.models.base import BodyPage, HubPage
from cms.models.parts import TEXT_FEATURES, LinkPart, TypedPagePanel, WordsPart
from cms.models.search_fields import SearchField


class RolePage(BodyPage):
    """One of the hub's roles: agenda setting, connecting, facilitation."""

    what_we_do = RichTextField(
        _("what we do"),
        blank=True,
        features=TEXT_FEATURES,
        help_text=_("In a few sentences: what the hub does in this role, and for whom."),
    )

    page_description = _("One of the hub’s roles: what we do in it, the steps, and examples.")
    parent_page_types = ["hub_cms.HomePage"]
    subpage_types: list[str] = []
    content_panels = [
        *BodyPage.content_panels[:-2],
        FieldPanel("what_we_do", icon="help"),
        InlinePanel(
            "steps",
            heading=_("Steps"),
            label=_("Step"),
            icon="list-ol",
            help_text=_("How it goes, from the first step to the last; leave it empty if there is no fixed order."),
        ),
        InlinePanel(
            "examples",
            heading=_("Examples"),
            label=_("Example"),
            icon="doc-full",
            help_text=_("Articles and activities that show this role at work. Those that are not public are left out."),
        ),
        *BodyPage.content_panels[-2:],
    ]
    search_fields = [
        *BodyPage.search_fields,
        index.SearchField("what_we_do"),
        index.RelatedFields("steps", [SearchField("name"), SearchField("text")]),
    ]

    class Meta:
        verbose_name = _("role page")
        verbose_name_plural = _("role pages")


class RoleStep(WordsPart):
    """A step of a role's work, such as one of the innovation cycle."""

    role_page = ParentalKey(RolePage, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(_("name"), max_length=120)
    text = models.TextField(_("what happens"), max_length=600, blank=True)

    panels = [FieldPanel("name"), FieldPanel("text")]

    class Meta(WordsPart.Meta):
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self) -> str:
        return self.name


class RoleExample(LinkPart):
    """An article or activity that shows a role at work."""

    role_page = ParentalKey(RolePage, on_delete=models.CASCADE, related_name="examples")
    page = models.ForeignKey(HubPage, on_delete=models.CASCADE, related_name="+", verbose_name=_("page"))

    types = ("article", "activity")
    panels = [TypedPagePanel("page", types)]

    class Meta(LinkPart.Meta):
        verbose_name = _("example")
        verbose_name_plural = _("examples")

    def __str__(self) -> str:
        return str(self.page)
