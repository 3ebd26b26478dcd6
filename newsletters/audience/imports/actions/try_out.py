"""Try out an import: read every row, and say what would become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.models import AnonymousUser, User
from wagtail.models import Locale

from newsletters.models import ReaderImport, ThemeSet
from newsletters.publications.permissions import require_permission

Status = ReaderImport.Status


@dataclass(frozen=True, kw_only=True)
class ImportChoices:
    """What staff say about a file: its columns, why its people may be mailed, and what counts where a row is silent."""

    encoding: str
    separator: str
    columns: Sequence[str | None]
    state: str
    basis: str
    evidence: str
    agreed_on: date | None
    locale: Locale
    theme_set: ThemeSet
    changes_known: bool


def try_out(reader_import: ReaderImport, *, choices: ImportChoices, user: User | AnonymousUser, now: datetime) -> bool:
    """Keep the choices and begin; return False if the import has gone on since. Raises NotAllowed.

    It changes nothing in the audience; `tasks.start_import_work` does the work.
    """
    require_permission(user, "import_subscription")
    if choices.changes_known:
        require_permission(user, "change_subscription")
    may_begin = ReaderImport.objects.filter(pk=reader_import.pk, status__in=[Status.UPLOADED, Status.CHECKED])
    return bool(
        may_begin.update(
            status=Status.CHECKING,
            position=0,
            last_row=0,
            counts={},
            heard_at=now,
            encoding=choices.encoding,
            separator=choices.separator,
            columns=list(choices.columns),
            state=choices.state,
            basis=choices.basis,
            evidence=choices.evidence,
            agreed_on=choices.agreed_on,
            locale=choices.locale,
            theme_set=choices.theme_set,
            changes_known=choices.changes_known,
        )
    )
