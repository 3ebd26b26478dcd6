"""Segments: named groups of a newsletter's readers, described by conditions and never by a list of people."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletters.models.audience.recipients import FrozenSegment, read_conditions
from newsletters.models.newsletter import Newsletter


class Segment(models.Model):
    """A part of a newsletter's audience; who is in it is worked out each time it is used."""

    class Match(models.TextChoices):
        ALL = "all", _("All of these")  # a reader meets every condition
        ANY = "any", _("At least one of these")

    newsletter = models.ForeignKey(
        Newsletter, on_delete=models.CASCADE, related_name="segments", verbose_name=_("newsletter")
    )
    name = models.CharField(_("name"), max_length=80)
    match = models.CharField(_("readers meet"), max_length=3, choices=Match.choices, default=Match.ALL)
    conditions = models.JSONField(_("conditions"), default=list)  # audience.segments.kinds says what they may be

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["newsletter__name", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["newsletter", "name"],
                name="hub_newsletters_one_segment_of_a_name",
                violation_error_message=_("This newsletter already has a segment with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def freeze(self, *, issue: int | None = None) -> FrozenSegment:
        """Return the segment as it is now, for the issue with this primary key."""
        return FrozenSegment(
            key=self.pk,
            newsletter=self.newsletter_id,
            name=self.name,
            match=self.match,
            conditions=read_conditions(self.conditions),
            issue=issue,
        )
