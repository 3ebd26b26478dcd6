"""An issue of a newsletter: a Wagtail page that holds its stories and its words in every language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Protocol

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.fields import RichTextField
from wagtail.models import Locale, Page, Revision

from cms.models import BodyPage, HubPage
from newsletters.models.audience.own_field import OwnField
from newsletters.models.audience.recipients import Recipients
from newsletters.models.audience.segment import Segment
from newsletters.models.issue_field import IssueField
from newsletters.models.newsletter import Newsletter
from newsletters.values import page_words
from newsletters.values.greeting import Greeting, check_greeting, check_without_name, own_fields_in
from newsletters.values.page_words import Source


class NewsletterPage(BodyPage):
    """A newsletter's own page: what it is, where to sign up, and its issues below it."""

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.PROTECT, related_name="pages", verbose_name=_("newsletter")
    )

    parent_page_types = ["hub_cms.HomePage"]
    subpage_types = ["hub_newsletters.IssuePage"]
    content_panels = [*BodyPage.content_panels, FieldPanel("newsletter")]

    class Meta:
        verbose_name = _("newsletter page")
        verbose_name_plural = _("newsletter pages")


class IssuePreview(Protocol):
    """Shows an issue as the mails that it would become."""

    def modes(self, issue: IssuePage) -> list[tuple[str, str | Promise]]:
        """Return the keys and names of the editions that it can show."""

    def show(self, request: HttpRequest, issue: IssuePage, *, key: str) -> HttpResponse:
        """Return the page that shows the edition with this key."""


class IssuePage(HubPage):
    """One issue of a newsletter.

    Its title is for staff; what readers see is in `texts`, one per language. Its themes and tags, if there are any,
    narrow what is gathered.
    """

    live: bool
    issue_date = models.DateField(_("date of the issue"))
    gather_from = models.DateTimeField(_("gather pages published from"), null=True, blank=True)
    gather_until = models.DateTimeField(_("until"), null=True, blank=True)
    body = IssueField(blank=True, verbose_name=_("stories"))
    send_to = models.ForeignKey(
        Segment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("send to")
    )
    not_to = models.ForeignKey(
        Segment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("but not to")
    )
    # What the pages of its stories said when these were added (issues.page_sources), including stories dropped since.
    remembered = models.JSONField(default=dict, blank=True, editable=False)

    preview: ClassVar[IssuePreview]  # set when the app is ready, as the editor is: both are above the models
    publishes_when_approved = False  # it becomes public by being sent

    parent_page_types = ["hub_newsletters.NewsletterPage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        permissions = [
            ("approve_issuepage", _("Can approve an issue")),
            ("send_issuepage", _("Can send an issue")),
        ]

    @property
    def preview_modes(self) -> list[tuple[str, str | Promise]]:
        """What the editor's preview panel offers: every edition, the full one of each language first."""
        return self.preview.modes(self)

    @property
    def default_preview_mode(self) -> str:
        """The full edition in the newsletter's first language."""
        return self.newsletter.locales()[0].language_code

    def make_preview_request(
        self,
        original_request: HttpRequest | None = None,
        preview_mode: str = "",
        extra_request_attrs: Mapping[str, object] | None = None,
    ) -> HttpResponse:
        """Serve the original request: the toolbar and what is shown of a subscriber depend on who asks."""
        if original_request is None:
            return super().make_preview_request(original_request, preview_mode, extra_request_attrs)
        return self.serve_preview(original_request, preview_mode)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the mail, not a page of the site."""
        return self.preview.show(request, self, key=mode_name)

    def save(self, *args: object, update_fields: Iterable[str] | None = None, **kwargs: object) -> None:
        """Save it; only sending makes it public: no copy, alias, date or publishing by hand does."""
        if self.live and not self.is_sent:
            self.stay_draft()
        super().save(*args, update_fields=update_fields, **kwargs)

    def save_revision(self, *args: object, **kwargs: object) -> Revision:
        """Save a revision, and note who made it: whoever changed an issue cannot approve it alone."""
        revision = super().save_revision(*args, **kwargs)
        if revision.user_id:
            self.editors.update_or_create(user_id=revision.user_id, defaults={"edited_at": revision.created_at})
        return revision

    def can_move_to(self, parent: Page) -> bool:
        """Say whether it may be moved below `parent`: a sent issue stays with its newsletter."""
        newsletter = getattr(parent.specific, "newsletter", None)
        return bool(super().can_move_to(parent)) and (newsletter == self.newsletter or not self.is_sent)

    def remember(self, found: Mapping[str, Source]) -> None:
        """Keep what these pages said when their stories were added or updated."""
        self.remembered = {**self.remembered, **page_words.to_json(found)}

    @property
    def sources(self) -> dict[str, Source]:
        """What the pages of its stories said when these were added, by the pages' keys."""
        return page_words.from_json(self.remembered)

    @property
    def is_sent(self) -> bool:
        """Whether it was sent or is being sent; a sending that was cancelled does not count."""
        if self.pk is None:
            return False
        return self.dispatches.exclude(status=self.dispatches.model.Status.CANCELLED).exists()

    @property
    def recipients(self) -> Recipients:
        """Whom it is sent to: as its sending was started, or else as the editor chose."""
        sendings = self.dispatches.filter(follows=None).exclude(status="cancelled") if self.pk and self.live else ()
        for dispatch in sendings:
            recipients: Recipients = dispatch.frozen_recipients
            return recipients
        return Recipients(
            send_to=self.send_to.freeze(issue=self.pk) if self.send_to else None,
            not_to=self.not_to.freeze(issue=self.pk) if self.not_to else None,
        )

    @cached_property
    def archived_editions(self) -> list[Any]:
        """Its editions that the archive shows, by language; none if it was not sent."""
        edition = apps.get_model("hub_newsletters.Edition")  # its module imports this one
        editions = edition.objects.in_archive().filter(dispatch__issue_id=self.pk)
        editions = editions.select_related("locale", "dispatch__newsletter").order_by("locale__language_code")
        return list(editions.prefetch_related("dispatch__newsletter__texts"))

    @property
    def newsletter(self) -> Newsletter:
        """The newsletter that this is an issue of."""
        return self.get_parent().specific.newsletter

    def text_in(self, locale: Locale) -> IssueText | None:
        """Return the issue's texts in `locale`, None if there are none."""
        return next((text for text in self.texts.all() if text.locale_id == locale.pk), None)


class IssueText(models.Model):
    """What an issue says about itself in one language."""

    issue = ParentalKey(IssuePage, on_delete=models.CASCADE, related_name="texts")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+", verbose_name=_("language"))
    subject = models.CharField(_("subject"), max_length=120)
    preheader = models.CharField(
        _("preheader"), max_length=160, blank=True, help_text=_("Shown after the subject in the reader's inbox.")
    )
    title = models.CharField(_("title"), max_length=120)
    greeting = models.CharField(
        _("greeting"),
        max_length=120,
        blank=True,
        validators=[check_greeting],
        help_text=_(
            "{name} becomes the reader's first name, and {organisation|your organisation} the own field with the key "
            "organisation, or the words after the bar. If empty: “Dear {name},” in this language."
        ),
    )
    greeting_without_name = models.CharField(
        _("greeting without a name"),
        max_length=120,
        blank=True,
        validators=[check_without_name],
        help_text=_("For readers whose first name is not known. If empty: “Dear reader,” in this language."),
    )
    intro = RichTextField(_("intro"), blank=True, features=["bold", "italic", "link"])
    signed_by = models.CharField(_("signed by"), max_length=80, blank=True)
    signed_function = models.CharField(_("function"), max_length=120, blank=True)

    panels = [
        FieldPanel("locale"),
        FieldPanel("subject"),
        FieldPanel("preheader"),
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("greeting"), FieldPanel("greeting_without_name")]),
        FieldPanel("intro"),
        FieldRowPanel([FieldPanel("signed_by"), FieldPanel("signed_function")]),
    ]

    class Meta:
        ordering = ["locale__language_code"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "locale"], name="hub_newsletters_one_issue_text_per_language")
        ]

    def __str__(self) -> str:
        return self.subject

    def clean(self) -> None:
        """Refuse placeholders for own fields that do not exist, or whose answers are no words."""
        super().clean()
        known = OwnField.objects.exclude(kind=OwnField.Kind.YES_NO)
        wrong = {}
        for name in ("greeting", "greeting_without_name"):
            keys = own_fields_in(getattr(self, name))
            if unknown := keys - set(known.filter(key__in=keys).values_list("key", flat=True)):
                words = _("There is no own field “%(key)s” that fits into a greeting.")
                wrong[name] = ValidationError(words, params={"key": ", ".join(sorted(unknown))})
        if wrong:
            raise ValidationError(wrong)

    @property
    def salutation(self) -> Greeting:
        """How the issue greets its readers in this language."""
        return Greeting(with_name=self.greeting, without_name=self.greeting_without_name)
