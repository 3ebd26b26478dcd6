"""The strategic partnerships: their programmes, who may join, and who sets the agenda."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.search import index

from cms.models.base import BodyPage
from cms.models.parts import TEXT_FEATURES, WordsPart
from cms.models.search_fields import SearchField

YEARS = [MinValueValidator(1945), MaxValueValidator(2100)]


class PartnershipPage(BodyPage):
    """The joint learning of the strategic partnerships."""

    open_to_members = models.BooleanField(_("members of our organisation"), default=False)
    open_to_partners = models.BooleanField(_("non-members that take part in one of the partnerships"), default=False)
    open_to_public = models.BooleanField(_("everybody"), default=False)
    joining_note = models.TextField(
        _("what they should know"),
        max_length=600,
        blank=True,
        help_text=_("In a few sentences: how somebody joins, and what it asks of them."),
    )
    how_the_agenda_is_set = RichTextField(
        _("how the agenda is set"),
        blank=True,
        features=TEXT_FEATURES,
        help_text=_("Who decides what is learnt together, on what grounds, and how others can put a question to them."),
    )

    has_cross_cutting_themes = True
    page_description = _("The joint learning of the partnerships: programmes, who may join, the advisory group.")
    parent_page_types = ["hub_cms.HomePage"]
    subpage_types: list[str] = []
    content_panels = [
        *BodyPage.content_panels[:-2],
        InlinePanel(
            "programmes",
            heading=_("Programmes"),
            label=_("Programme"),
            icon="folder-open-inverse",
            help_text=_("The programmes whose partnerships learn together here, in the order that readers see."),
        ),
        MultiFieldPanel(
            [
                FieldPanel("open_to_members"),
                FieldPanel("open_to_partners"),
                FieldPanel("open_to_public"),
                FieldPanel("joining_note"),
            ],
            heading=_("Who may join"),
            icon="group",
            help_text=_("Tick all that hold."),
        ),
        InlinePanel(
            "advisory_group",
            heading=_("Advisory group"),
            label=_("Member"),
            icon="group",
            help_text=_("The organisations or partnerships that have a seat; no names of people are needed."),
        ),
        FieldPanel("how_the_agenda_is_set"),
        *BodyPage.content_panels[-2:],
    ]
    search_fields = [
        *BodyPage.search_fields,
        index.SearchField("joining_note"),
        index.SearchField("how_the_agenda_is_set"),
        index.RelatedFields("programmes", [SearchField("name"), SearchField("framework")]),
        index.RelatedFields("advisory_group", [SearchField("name")]),
    ]

    class Meta:
        verbose_name = _("partnership page")
        verbose_name_plural = _("partnership pages")


class Programme(WordsPart):
    """A programme of partnerships, with the years in which it runs."""

    partnership_page = ParentalKey(PartnershipPage, on_delete=models.CASCADE, related_name="programmes")
    name = models.CharField(_("name"), max_length=160)
    year_from = models.PositiveSmallIntegerField(_("from"), null=True, blank=True, validators=YEARS)
    year_to = models.PositiveSmallIntegerField(_("up to and including"), null=True, blank=True, validators=YEARS)
    framework = models.CharField(
        _("framework"),
        max_length=200,
        blank=True,
        help_text=_("The ministry’s framework that finances it, by its full name."),
    )
    url = models.URLField(_("more about it"), blank=True, help_text=_("A page elsewhere that tells more."))

    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("year_from"), FieldPanel("year_to")], heading=_("Years")),
        FieldPanel("framework"),
        FieldPanel("url"),
    ]

    class Meta(WordsPart.Meta):
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.year_from and self.year_to and self.year_to < self.year_from:
            raise ValidationError({"year_to": _("A programme cannot end before it starts.")})


class AdvisoryMember(WordsPart):
    """An organisation or partnership with a seat in the advisory group."""

    partnership_page = ParentalKey(PartnershipPage, on_delete=models.CASCADE, related_name="advisory_group")
    name = models.CharField(_("organisation or partnership"), max_length=160)

    panels = [FieldPanel("name")]

    class Meta(WordsPart.Meta):
        verbose_name = _("member of the advisory group")
        verbose_name_plural = _("members of the advisory group")

    def __str__(self) -> str:
        return self.name
