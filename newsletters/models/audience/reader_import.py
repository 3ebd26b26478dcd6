"""Imports of readers from a file, what became of each row, and how it was before."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Locale

from newsletters.models.audience.subscriber import Subscription, ThemeSet
from newsletters.models.newsletter import Newsletter

PIECE_BYTES = 1_000_000


class ReaderImport(models.Model):
    """A file of readers on its way into a newsletter: uploaded, tried without changing anything, then imported.

    `position` is the row up to which its stage has come, saved along with what the rows changed: whoever goes on, and
    after whatever interruption, starts behind it.
    """

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded: its columns are not confirmed yet")
        CHECKING = "checking", _("Being tried out")  # reads every row and changes nothing
        CHECKED = "checked", _("Tried out, not imported yet")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")
        FAILED = "failed", _("Stopped")  # `problem` says why; what was imported stays, and can be undone

    AT_WORK = (Status.CHECKING, Status.RUNNING, Status.UNDOING)

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="imports", verbose_name=_("newsletter")
    )
    file_name = models.CharField(_("file"), max_length=255)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.UPLOADED)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)  # of a CSV file, as are separators
    separator = models.CharField(_("separator"), max_length=1, blank=True)
    columns = models.JSONField(default=list)  # for each column the field that it is taken for, or null
    state = models.CharField(max_length=12, blank=True)  # of rows whose columns say none
    basis = models.CharField(_("legal basis"), max_length=10, choices=Subscription.Basis.choices, blank=True)
    evidence = models.CharField(_("evidence"), max_length=255, blank=True)
    agreed_on = models.DateField(_("agreed on"), null=True)  # of rows that name no day
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, null=True, related_name="+")  # of rows without one
    theme_set = models.ForeignKey(ThemeSet, on_delete=models.PROTECT, null=True, related_name="+")  # as above
    changes_known = models.BooleanField(default=False)  # whether names and choices of readers are replaced
    position = models.PositiveIntegerField(default=0)
    last_row = models.PositiveIntegerField(default=0)  # of the file, once it was tried out
    counts = models.JSONField(default=dict)  # rows by fate, in the present stage
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(_("uploaded"))
    heard_at = models.DateTimeField()  # the last sign of life of whoever works on it
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.file_name} · {self.get_status_display()}"

    @property
    def is_at_work(self) -> bool:
        """Whether a task reads, imports or undoes now."""
        return self.status in self.AT_WORK

    @property
    def rows(self) -> int:
        """How many rows the present stage has handled."""
        return sum(self.counts.values())


class ImportPiece(models.Model):
    """A piece of an uploaded file. It is in the database, so that any worker finds it and nobody else can."""

    reader_import = models.ForeignKey(ReaderImport, on_delete=models.CASCADE, related_name="pieces")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["reader_import", "number"], name="hub_newsletters_one_import_piece")
        ]

    def __str__(self) -> str:
        return f"{self.reader_import_id}/{self.number}"


class ImportedRow(models.Model):
    """What became of a row of an imported file; while it was only tried out, what would become of it."""

    class Fate(models.TextChoices):
        NEW = "new", _("New reader")
        CHANGED = "changed", _("Reader already; name or choices are replaced")
        KNOWN = "known", _("Reader already; nothing changes")
        LEFT = "left", _("Left here, or set aside: stays so")
        SUPPRESSED = "suppressed", _("On the list of addresses that are never mailed: stays there")
        KEPT_OUT = "kept_out", _("Left, bounced or complained elsewhere: will never be mailed")
        ENDED = "ended", _("Reader here, but left, bounced or complained elsewhere: gets no more mail")
        NO_GROUND = "no_ground", _("No ground to mail them: left out")
        DOUBLED = "doubled", _("Named before in this file: left out")
        INVALID = "invalid", _("Cannot be read: left out")

    reader_import = models.ForeignKey(ReaderImport, on_delete=models.CASCADE, related_name="imported_rows")
    number = models.PositiveIntegerField()  # as a spreadsheet program counts
    email = models.CharField(max_length=254, blank=True)  # as it stands in the file; empty once somebody was erased
    mailbox = models.CharField(max_length=320, blank=True)
    fate = models.CharField(max_length=10, choices=Fate.choices)
    reasons = models.TextField(blank=True)
    subscription = models.ForeignKey(Subscription, on_delete=models.SET_NULL, null=True, related_name="+")
    before = models.JSONField(null=True)  # what undoing needs; null if the row changed nothing

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["reader_import", "number"], name="hub_newsletters_one_imported_row")
        ]
        indexes = [models.Index(fields=["mailbox", "reader_import"], name="hub_newsletters_row_of")]

    def __str__(self) -> str:
        return f"{self.number} · {self.fate}"
