"""Who may work at a dispatch: each delivery task holds a turn, and there are only so many."""

from __future__ import annotations

from django.db import models

from newsletters.models.dispatch import Dispatch


class Turn(models.Model):
    """A place for one worker at a dispatch. A task whose turn has expired and was taken away does nothing."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="turns")
    expires_at = models.DateTimeField()  # moved on while a worker lives; then another one gets a turn instead

    class Meta:
        verbose_name = "turn"
        verbose_name_plural = "turns"

    def __str__(self) -> str:
        return f"{self.pk} until {self.expires_at:%H:%M:%S}"
