"""That something changed which the public can see; the rows together are the content's version."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Max, Sum

ROWS_BETWEEN_PRUNINGS = 200


class ContentChange(models.Model):
    """One change, or one that is to come: a live page expires.

    A version is the sum of the salts of all rows whose time has come. So nobody waits for anybody's lock, a
    change counts as soon as its own transaction is committed, whatever the order, and an expiry counts on time.
    """

    at = models.DateTimeField(db_index=True)
    salt = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.at}"

    @classmethod
    def note(cls, *, at: datetime, now: datetime) -> None:
        """Record a change at `at`; every so many rows, those whose time has come make way: the sum changes anyway."""
        row = cls.objects.create(at=at, salt=secrets.randbelow(2**40))
        if row.pk % ROWS_BETWEEN_PRUNINGS == 0:
            cls.objects.filter(at__lte=now, pk__lt=row.pk).delete()

    @classmethod
    def newest(cls, *, now: datetime) -> tuple[int, datetime | None]:
        """Return the version at `now` and the time of the newest change, None if there was none; one query."""
        found = cls.objects.filter(at__lte=now).aggregate(version=Sum("salt"), at=Max("at"))
        return found["version"] or 0, found["at"]
