"""Editions (an issue compiled for one variant), and the approval that binds to their content."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale, Revision

from newsletters.models.audience.subscriber import ThemeSet
from newsletters.models.issue import IssuePage
from newsletters.values.greeting import Greeting


class Approval(models.Model):
    """Someone saw exactly this content and said that it may be sent; other content needs another approval."""

    issue = models.ForeignKey(IssuePage, on_delete=models.CASCADE, related_name="approvals")
    content_hash = models.CharField(_("content hash"), max_length=64)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(_("approved"))
    revision = models.ForeignKey(Revision, on_delete=models.SET_NULL, null=True, related_name="+")  # to compare with

    class Meta:
        ordering = ["-approved_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.issue} · {self.content_hash[:8]}"

    @classmethod
    def newest_of(cls, issue: IssuePage) -> Approval | None:
        """Return the newest approval of the issue, whatever has changed since."""
        return cls.objects.filter(issue=issue).select_related("approved_by").first()


class IssueEditor(models.Model):
    """Someone who changed an issue, and when they last did: kept apart from its revisions, which can be purged."""

    issue = models.ForeignKey(IssuePage, on_delete=models.CASCADE, related_name="editors")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    edited_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "user"], name="hub_newsletters_one_row_per_editor_of_issue")
        ]

    def __str__(self) -> str:
        return f"{self.issue} · {self.user}"


class EditionQuerySet(models.QuerySet["Edition"]):
    """Editions, and those of them that everyone may read."""

    def in_archive(self) -> EditionQuerySet:
        """Return the editions that the archive shows: with every story, of the newest number, not cancelled."""
        full = self.filter(theme_set=None, number=models.F("dispatch__edition_number"))
        return full.exclude(dispatch__status="cancelled")


class Edition(models.Model):
    """An issue in one language with the stories of one set of themes, frozen when its dispatch was made.

    `theme_set` is null in the edition with every story, which the archive shows. A correction of a paused dispatch
    makes editions with the next `number`; readers who got an earlier one keep it.
    """

    dispatch = models.ForeignKey("hub_newsletters.Dispatch", on_delete=models.CASCADE, related_name="editions")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    theme_set = models.ForeignKey(ThemeSet, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    subject = models.CharField(_("subject"), max_length=120)
    preheader = models.CharField(_("preheader"), max_length=160, blank=True)
    title = models.CharField(_("title"), max_length=120)
    greeting = models.CharField(_("greeting"), max_length=120, blank=True)
    greeting_without_name = models.CharField(_("greeting without a name"), max_length=120, blank=True)
    html = models.TextField(_("HTML"))
    text = models.TextField(_("plain text"))
    content_hash = models.CharField(_("content hash"), max_length=64)
    # The content of the edition with every story, block by block (editions.content), for websites.
    blocks = models.JSONField(default=list, blank=True, editable=False)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        constraints = [
            models.UniqueConstraint(
                fields=["dispatch", "locale", "theme_set", "number"], name="hub_newsletters_one_edition_per_variant"
            ),
            models.UniqueConstraint(
                fields=["dispatch", "locale", "number"],
                condition=models.Q(theme_set__isnull=True),
                name="hub_newsletters_one_full_edition_per_language",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.locale.language_code})"

    @property
    def salutation(self) -> Greeting:
        """How it greets its readers."""
        return Greeting(with_name=self.greeting, without_name=self.greeting_without_name)
