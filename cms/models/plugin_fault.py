"""Recent faults of plugins, for the report on plugins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.plugins.fences import Fault

KEEP = timedelta(days=30)
NOTED_AGAIN_AFTER = timedelta(minutes=1)  # a fault on every page of a list is recorded once


class PluginFault(models.Model):
    """A fault in a part of a plugin, and how often it was recorded: at most once a minute."""

    plugin = models.CharField(max_length=60)
    part = models.CharField(max_length=60)
    about = models.CharField(max_length=160, blank=True)
    error = models.CharField(max_length=300)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("fault of a plugin")
        verbose_name_plural = _("faults of plugins")
        ordering = ["-last_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["plugin", "part", "error"], name="hub_cms_one_row_per_fault_of_plugin")
        ]

    def __str__(self) -> str:
        return f"{self.plugin}: {self.part}"

    @classmethod
    def note(cls, fault: Fault) -> None:
        """Record this fault, and delete old ones."""
        now = timezone.now()
        with transaction.atomic():
            own = cls.objects.filter(plugin=fault.plugin[:60], part=fault.part[:60], error=fault.error[:300])
            seen = own.values_list("last_at", flat=True).first()
            if seen is None:
                cls._add(fault, now=now)
            elif seen <= now - NOTED_AGAIN_AFTER:
                own.update(count=F("count") + 1, last_at=now, about=fault.about[:160])

    @classmethod
    def _add(cls, fault: Fault, *, now: datetime) -> None:
        cls.objects.filter(last_at__lt=now - KEEP).delete()
        cls.objects.get_or_create(
            plugin=fault.plugin[:60],
            part=fault.part[:60],
            error=fault.error[:300],
            defaults={"about": fault.about[:160], "first_at": now, "last_at": now},
        )
