"""What staff write down about a reader."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from newsletters.models.audience.subscriber import Subscriber


class PersonNote(models.Model):
    """A note about a reader: it is part of what they may see of their data, and goes when they are erased."""

    MOST_CHARACTERS = 2000

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="notes", verbose_name=_("subscriber")
    )
    text = models.TextField(_("note"), max_length=MOST_CHARACTERS)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("member of staff"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
