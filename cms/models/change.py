"""Changes of public content; all rows together make up the content's version."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Max, Sum

ROWS_BETWEEN_PRUNINGS = 200


class ContentChange(models.Model):
    """A change, past or future (a live page will expire).

    The version is the sum of the salts of all rows whose time has come. So no transaction waits for another's lock, a
    change counts as soon as its own transaction is committed, in any order, and an expiry counts on time.
    """

    at = models.DateTimeField(db_index=True)
    salt = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.at}"

    @classmethod
    def note(cls, *, at: datetime, now: datetime) -> None:
        """Record a change at `at`; now and then delete past rows, which is safe because the sum changes anyway."""
        row = cls.objects.create(at=at, salt=secrets.randbelow(2**40))
        if row.pk % ROWS_BETWEEN_PRUNINGS == 0:
            cls.objects.filter(at__lte=now, pk__lt=row.pk).delete()

    @classmethod
    def newest(cls, *, now: datetime) -> tuple[int, datetime | None]:
        """Return the version at `now` and the time of the newest change, None if there was none; one query."""
        found = cls.objects.filter(at__lte=now).aggregate(version=Sum("salt"), at=Max("at"))
        return found["version"] or 0, found["at"]
