"""Activities: something to take part in, at a time, in a place or online."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel
from wagtail.search import index

from cms.models import BodyPage
from cms.models.search_fields import SearchField
from cms.values.time_zones import default_time_zone, time_zone_choices, zone_named
from themes.forms import ActivityForm
from themes.models.article import ArticlePage
from themes.models.person_row import PersonRow
from themes.models.series import Series
from themes.models.theme_pages import ThemedPage
from themes.times import Span


class ActivityPage(ThemedPage):
    """Something to take part in, at a time and a place or online."""

    class LinkReaders(models.TextChoices):
        NOBODY = "nobody", _("Nobody: we send it ourselves")  # the link stays in the admin
        REGISTERED = "registered", _("Those who register")  # the page says that they get it
        EVERYBODY = "everybody", _("Everybody")  # the link is public

    class Registration(models.TextChoices):
        OPEN = "open", _("Registration is open")
        FULL = "full", _("Fully booked")
        CLOSED = "closed", _("Registration is closed")
        NONE = "none", _("No registration")

    starts_at = models.DateTimeField(_("starts"), db_index=True)
    ends_at = models.DateTimeField(_("ends"), db_index=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        choices=time_zone_choices,
        default=default_time_zone,
        help_text=_("All times of this activity are local times of this zone. Readers see its name if it is not ours."),
    )
    place = models.CharField(
        _("place"), max_length=160, blank=True, help_text=_("A city, or a building and a city: “Partos, Amsterdam”.")
    )
    address = models.TextField(
        _("address"), max_length=400, blank=True, help_text=_("Street, postal code and city, as on an envelope.")
    )
    is_online = models.BooleanField(_("online"), default=False, help_text=_("People can take part from elsewhere."))
    online_url = models.URLField(_("link to take part online"), blank=True, max_length=500)
    online_url_for = models.CharField(
        _("who sees the link"),
        max_length=16,
        choices=LinkReaders.choices,
        default=LinkReaders.REGISTERED,
        help_text=_("Only a link for everybody is ever shown in public."),
    )
    for_members = models.BooleanField(_("members"), default=False)
    for_partnerships = models.BooleanField(_("strategic partnerships"), default=False)
    for_public = models.BooleanField(_("everybody"), default=False)
    registration_url = models.URLField(
        _("registration"),
        blank=True,
        max_length=500,
        help_text=_("The address of the form. Leave empty if nobody has to register."),
    )
    registration_closes_at = models.DateTimeField(
        _("registration closes"),
        null=True,
        blank=True,
        help_text=_("If you leave this empty: when the activity starts."),
    )
    is_full = models.BooleanField(_("fully booked"), default=False)
    series = models.ForeignKey(
        Series,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("series"),
        help_text=_("If this is one of several activities under one name."),
    )
    report = models.ForeignKey(
        ArticlePage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("report"),
        help_text=_("Afterwards: the article that says what came out of it."),
    )

    parent_page_types = ["hub_themes.ThemePage"]
    subpage_types: list[str] = []
    template = "themes/activity_page.html"
    base_form_class = ActivityForm
    page_description = _("A meeting, workshop or webinar: when, where, for whom, and how to register.")
    content_panels = [
        *BodyPage.content_panels[:-1],
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]), FieldPanel("time_zone")],
            heading=_("When"),
            icon="date",
        ),
        MultiFieldPanel(
            [
                FieldPanel("place"),
                FieldPanel("address"),
                FieldPanel("is_online"),
                FieldRowPanel([FieldPanel("online_url"), FieldPanel("online_url_for")]),
            ],
            heading=_("Where"),
            icon="site",
        ),
        MultiFieldPanel(
            [FieldRowPanel([FieldPanel("for_members"), FieldPanel("for_partnerships"), FieldPanel("for_public")])],
            heading=_("Who it is for"),
            icon="group",
        ),
        MultiFieldPanel(
            [
                FieldPanel("registration_url"),
                FieldRowPanel([FieldPanel("registration_closes_at"), FieldPanel("is_full")]),
            ],
            heading=_("Registration"),
            icon="form",
        ),
        InlinePanel("people", heading=_("Hosts and speakers"), label=_("Person"), icon="user"),
        *BodyPage.content_panels[-1:],
        MultiFieldPanel([FieldPanel("series"), FieldPanel("report")], heading=_("Series and report"), icon="link"),
    ]
    search_fields = [
        *BodyPage.search_fields,
        index.SearchField("place"),
        index.SearchField("address"),
        index.RelatedFields("people", [SearchField("name"), SearchField("function"), SearchField("organisation")]),
        index.FilterField("starts_at"),
    ]

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("starts_at")), name="hub_themes_activity_ends_after_start"
            )
        ]

    def clean(self) -> None:
        """Raise ValidationError if the times or the link contradict each other."""
        super().clean()
        errors = {}
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            errors["ends_at"] = _("An activity cannot end before it starts.")
        if self.registration_closes_at and self.ends_at and self.registration_closes_at > self.ends_at:
            errors["registration_closes_at"] = _("Registration cannot close after the activity has ended.")
        if self.online_url and not self.is_online:
            errors["online_url"] = _("Tick “online” as well, or remove the link.")
        if errors:
            raise ValidationError(errors)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the activity's times are shown."""
        return zone_named(self.time_zone)

    @property
    def when(self) -> str:
        """When it is, in the active language; empty while a draft lacks the times."""
        if not self.starts_at or not self.ends_at:
            return ""
        span = Span(starts_at=self.starts_at, ends_at=self.ends_at, zone=self.zone, usual_zone=default_time_zone())
        return span.words

    @property
    def audience(self) -> list[str]:
        """Whom it is for, as the API says it; empty if the page does not say."""
        ticks = {"members": self.for_members, "partnerships": self.for_partnerships, "public": self.for_public}
        return [word for word, is_ticked in ticks.items() if is_ticked]

    @property
    def public_online_url(self) -> str:
        """The link to take part online if everybody may see it, else nothing."""
        return self.online_url if self.online_url_for == self.LinkReaders.EVERYBODY else ""

    @property
    def last_registration_at(self) -> datetime | None:
        """When registration closes: at the time set for it, or when the activity starts."""
        return self.registration_closes_at or self.starts_at

    @property
    def changes_at(self) -> list[datetime]:
        """When registration closes by itself."""
        moment = self.last_registration_at
        return [*super().changes_at, *([moment] if moment else [])]

    def registration_at(self, now: datetime) -> Registration:
        """Return the state of registration at `now`."""
        if not self.registration_url and not self.is_full:
            return self.Registration.NONE
        if self.last_registration_at and self.last_registration_at <= now:
            return self.Registration.CLOSED
        return self.Registration.FULL if self.is_full else self.Registration.OPEN

    @cached_property
    def listed_people(self) -> list[ActivityPerson]:
        """The hosts and speakers, loaded once."""
        return list(self.people.all())


class ActivityPerson(PersonRow):
    """A host or a speaker of an activity."""

    class Role(models.TextChoices):
        HOST = "host", _("Host")  # receives the people and guides the activity
        SPEAKER = "speaker", _("Speaker")  # tells or shows something

    page = ParentalKey(ActivityPage, on_delete=models.CASCADE, related_name="people")
    role = models.CharField(_("role"), max_length=16, choices=Role.choices, default=Role.SPEAKER)

    panels = [FieldPanel("role"), *PersonRow.panels]

    class Meta(PersonRow.Meta):
        verbose_name = _("host or speaker")
        verbose_name_plural = _("hosts and speakers")
