"""The front page: who we are, our strategies, and why civil society matters."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.search import index

from cms.models.base import BodyPage, HubPage
from cms.models.parts import TEXT_FEATURES, WordsPart
from cms.models.search_fields import SearchField


class HomePage(BodyPage):
    """The front page of a language; all other pages of that language are below it."""

    tagline = models.CharField(
        _("tagline"), max_length=160, blank=True, help_text=_("What we stand for, in one line under the name.")
    )
    introduction = RichTextField(
        _("introduction"),
        blank=True,
        features=TEXT_FEATURES,
        help_text=_("Who we are and what drives us, for somebody who has never heard of us."),
    )
    area_served = models.CharField(
        _("where we work"),
        max_length=160,
        blank=True,
        help_text=_("Countries or regions, for search engines: “The Netherlands and the Global South”."),
    )

    page_description = _("The front page of a language. There is one, and all other pages are below it.")
    parent_page_types = ["wagtailcore.Page"]
    content_panels = [
        *BodyPage.content_panels[:1],
        FieldPanel("tagline"),
        *BodyPage.content_panels[1:-2],
        MultiFieldPanel([FieldPanel("introduction"), FieldPanel("area_served")], heading=_("Who we are"), icon="home"),
        InlinePanel(
            "strategies",
            heading=_("Strategies"),
            label=_("Strategy"),
            icon="list-ol",
            help_text=_("How we work, in the order that readers see; each can lead to a page that tells more."),
        ),
        InlinePanel(
            "reasons",
            heading=_("Why it matters"),
            label=_("Reason"),
            icon="help",
            help_text=_("Why civil society matters: one point in each row."),
        ),
        *BodyPage.content_panels[-2:],
    ]
    search_fields = [
        *BodyPage.search_fields,
        index.SearchField("tagline"),
        index.SearchField("introduction"),
        index.RelatedFields("strategies", [SearchField("title"), SearchField("text")]),
        index.RelatedFields("reasons", [SearchField("title"), SearchField("text")]),
    ]

    class Meta:
        verbose_name = _("home page")
        verbose_name_plural = _("home pages")


class Strategy(WordsPart):
    """One of the ways in which the hub works."""

    home_page = ParentalKey(HomePage, on_delete=models.CASCADE, related_name="strategies")
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), max_length=600, blank=True)
    page = models.ForeignKey(
        HubPage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("page that tells more"),
    )

    panels = [FieldPanel("title"), FieldPanel("text"), FieldPanel("page")]

    class Meta(WordsPart.Meta):
        verbose_name = _("strategy")
        verbose_name_plural = _("strategies")

    def __str__(self) -> str:
        return self.title


class Reason(WordsPart):
    """A point in the case for civil society."""

    home_page = ParentalKey(HomePage, on_delete=models.CASCADE, related_name="reasons")
    title = models.CharField(_("title"), max_length=120)
    text = models.TextField(_("text"), max_length=600, blank=True)

    panels = [FieldPanel("title"), FieldPanel("text")]

    class Meta(WordsPart.Meta):
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")

    def __str__(self) -> str:
        return self.title
