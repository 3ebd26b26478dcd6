"""The team page and the people on it."""

from functools import cached_property

from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.search import index

from cms.models import BodyPage, LinkRow


class TeamPage(BodyPage):
    """Where the team introduces itself."""

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_team.PersonPage"]
    template = "team/team_page.html"
    page_description = _("Where the team introduces itself; its members are the pages below it.")

    class Meta:
        verbose_name = _("team page")
        verbose_name_plural = _("team pages")


class PersonPage(BodyPage):
    """A team member's bio; the page's title is the name, its image the portrait."""

    function = models.CharField(_("function"), max_length=160, help_text=_("What the person does in the team."))
    email = models.EmailField(_("e-mail address"), blank=True)
    shows_email = models.BooleanField(
        _("show the e-mail address"), default=False, help_text=_("Only if the person agrees: everybody sees it then.")
    )
    phone = models.CharField(_("phone number"), max_length=40, blank=True)
    shows_phone = models.BooleanField(
        _("show the phone number"), default=False, help_text=_("Only if the person agrees: everybody sees it then.")
    )
    is_former = models.BooleanField(
        _("former member"),
        default=False,
        help_text=_("The page stays, with what the person wrote and did; the team’s page shows it apart."),
    )

    parent_page_types = ["hub_team.TeamPage"]
    subpage_types: list[str] = []
    template = "team/person_page.html"
    page_description = _("Somebody in the team: the title is the name, the picture the portrait.")
    content_panels = [
        *BodyPage.content_panels[:1],
        FieldPanel("function"),
        FieldPanel("summary"),
        MultiFieldPanel(
            [
                FieldPanel(
                    "image", help_text=_("A portrait. Mark the face as the focal point, so that it is never cut.")
                ),
                FieldPanel("image_alt"),
            ],
            heading=_("Portrait"),
            icon="image",
        ),
        *BodyPage.content_panels[3:-1],
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("email"), FieldPanel("shows_email")]),
                FieldRowPanel([FieldPanel("phone"), FieldPanel("shows_phone")]),
            ],
            heading=_("Contact"),
            icon="mail",
        ),
        InlinePanel("links", heading=_("Links"), label=_("Link"), icon="link"),
        *BodyPage.content_panels[-1:],
        FieldPanel("is_former"),
    ]
    search_fields = [*BodyPage.search_fields, index.SearchField("function"), index.FilterField("is_former")]

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")

    @property
    def public_email(self) -> str:
        """The e-mail address if it may be shown, else nothing."""
        return self.email if self.shows_email else ""

    @property
    def public_phone(self) -> str:
        """The phone number if it may be shown, else nothing."""
        return self.phone if self.shows_phone else ""

    @cached_property
    def listed_links(self) -> list["PersonLink"]:
        """The links, loaded once."""
        return list(self.links.all())


class PersonLink(LinkRow):
    """A link from a team member's page to another website."""

    page = ParentalKey(PersonPage, on_delete=models.CASCADE, related_name="links")

    class Meta(LinkRow.Meta):
        verbose_name = _("link")
        verbose_name_plural = _("links")
