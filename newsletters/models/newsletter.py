"""A newsletter: a publication with a name, a sender and the languages in which it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from modelcluster.models import ClusterableModel
from wagtail.admin.panels import FieldPanel
from wagtail.models import Locale, Page

from cms.values.hosts import ascii_host
from cms.values.time_zones import default_time_zone, time_zone_choices
from newsletters.models.look import LookFields
from newsletters.models.speed import SendingSpeed
from newsletters.values.addresses import clean_address

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Newsletter(LookFields, SendingSpeed, ClusterableModel):  # type: ignore[django-manager-missing]  # `pages`: untyped bases
    """A publication that people subscribe to."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), unique=True, help_text=_("Used in the API and in List-Id."))
    sender_name = models.CharField(_("sender's name"), max_length=120)
    sender_email = models.EmailField(_("sender's address"), help_text=_("The From address of every mail."))
    reply_to = models.EmailField(_("reply-to"), help_text=_("An address that a person reads."))
    postal_address = models.TextField(_("postal address"), help_text=_("Shown at the end of every mail."))
    registration_number = models.CharField(_("registration number"), max_length=60, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        choices=time_zone_choices,
        default=default_time_zone,
        help_text=_("Sending times are given in this time zone."),
    )
    sends_welcome = models.BooleanField(
        _("welcome mail"),
        default=True,
        help_text=_("Sent once to whoever confirms, with a link to the last issue and to their choices."),
    )

    approving_groups = ParentalManyToManyField(
        Group,
        blank=True,
        related_name="+",
        verbose_name=_("groups that approve"),
        help_text=_("They may approve issues of this newsletter, as may the groups that can approve all issues."),
    )
    sending_groups = ParentalManyToManyField(
        Group,
        blank=True,
        related_name="+",
        verbose_name=_("groups that send"),
        help_text=_("They may send issues of this newsletter, as may the groups that can send all issues."),
    )

    class Meta:
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a sender or reply-to address that subscribers could not have either."""
        super().clean()
        wrong = {}
        for name in ("sender_email", "reply_to"):
            typed = getattr(self, name)
            try:
                setattr(self, name, clean_address(typed))
            except ValidationError as error:
                if typed:  # else the field reports it already
                    wrong[name] = error
        if wrong:
            raise ValidationError(wrong)

    @property
    def list_id(self) -> str:
        """The List-Id (RFC 2919): the slug in the domain of the sender."""
        return f"{self.slug}.{self.domain}"

    @property
    def domain(self) -> str:
        """The domain of the sender's address, in ASCII; Message-IDs are made in it."""
        return ascii_host(self.sender_email.rpartition("@")[2])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which sending times are given."""
        return ZoneInfo(self.time_zone)

    def locales(self) -> QuerySet[Locale]:
        """Return the locales in which the newsletter is written, in order of their codes."""
        return Locale.objects.filter(newsletter_texts__newsletter=self).order_by("language_code")

    def text_in(self, locale: Locale) -> NewsletterText | None:
        """Return the newsletter's texts in `locale`, None if it is not written in it."""
        return next((text for text in self.texts.all() if text.locale_id == locale.pk), None)


class NewsletterText(models.Model):
    """What a newsletter says about itself in one language, and what its subscribers agree to."""

    newsletter = ParentalKey(Newsletter, on_delete=models.CASCADE, related_name="texts")
    locale = models.ForeignKey(
        Locale, on_delete=models.PROTECT, related_name="newsletter_texts", verbose_name=_("language")
    )
    title = models.CharField(_("name in this language"), max_length=120)
    consent_wording = models.TextField(
        _("consent wording"),
        help_text=_("What a subscriber agrees to. The exact words are kept with each consent."),
    )
    privacy_page = models.ForeignKey(
        Page,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("privacy statement"),
        help_text=_("A page of this hub. The day on which it was last published is kept with each consent."),
    )
    privacy_link = models.URLField(
        _("or a link to the privacy statement"), max_length=500, blank=True, help_text=_("On another site: https://…")
    )
    privacy_version = models.CharField(
        _("version of the linked statement"),
        max_length=40,
        blank=True,
        help_text=_("For example its date. Change it when the statement changes: it is kept with each consent."),
    )

    panels = [
        FieldPanel("locale"),
        FieldPanel("title"),
        FieldPanel("consent_wording"),
        FieldPanel("privacy_page"),
        FieldPanel("privacy_link"),
        FieldPanel("privacy_version"),
    ]

    class Meta:
        ordering = ["locale__language_code"]
        constraints = [
            models.UniqueConstraint(fields=["newsletter", "locale"], name="hub_newsletters_one_text_per_language")
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse two statements, a link without encryption and a link without a version."""
        super().clean()
        if not self.privacy_link:
            return
        if self.privacy_page_id:
            raise ValidationError({"privacy_link": _("Choose a page or fill in a link, not both.")})
        if not self.privacy_link.startswith("https://"):
            raise ValidationError({"privacy_link": _("The link must begin with https://.")})
        if not self.privacy_version:
            raise ValidationError({"privacy_version": _("Fill in which version of the statement the link leads to.")})
