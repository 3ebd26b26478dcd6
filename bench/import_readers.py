"""How long an import of readers takes, from the upload to the last row, and how much memory; and the export of all.

    python -m bench.import_readers                            100,000 rows on SQLite
    .ci/with-postgres python -m bench.import_readers          100,000 rows, then 1,000,000, on PostgreSQL

The promises: 100,000 rows within 60 seconds on both databases, in memory that does not grow with the rows.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from newsletters.audience.imports.actions.try_out import ImportChoices
    from newsletters.models import ReaderImport

MANY, VERY_MANY = 100_000, 1_000_000
MOST_SECONDS = 60  # for MANY rows, tried out and imported


def main() -> None:
    on_postgres = "DATABASE_URL" in os.environ
    if on_postgres:
        os.environ["BENCH_DATABASE_URL"] = os.environ["DATABASE_URL"]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help=f"instead of {MANY:,}, and {VERY_MANY:,} on PostgreSQL")
    rows = parser.parse_args().rows
    if connection.introspection.table_names():
        raise SystemExit("The database is not empty: this writes a crowd into a database of its own.")
    print("Making the tables …", flush=True)
    call_command("migrate", verbosity=0)
    sizes = [rows] if rows else [MANY, VERY_MANY] if on_postgres else [MANY]
    measured = [measure(size) for size in sizes]
    print(f"\n{connection.display_name:<34}" + "".join(f"{size:>14,}" for size in sizes))
    for name in measured[0]:
        print(f"{name:<34}" + "".join(f"{found[name]:>14.1f}" for found in measured))
    if MANY in sizes:
        first = measured[sizes.index(MANY)]
        total = first["try out, seconds"] + first["import, seconds"]
        print(
            f"\n{MANY:,} rows within {MOST_SECONDS} s: {'kept' if total < MOST_SECONDS else 'NOT KEPT'} ({total:.1f} s)"
        )


def measure(rows: int) -> dict[str, float]:
    """Import this many rows, export them, and undo it; return what each took."""
    from django.utils import timezone

    from newsletters.audience.exporting.readers import readers_of, write_readers
    from newsletters.audience.imports.actions.run import run
    from newsletters.audience.imports.actions.try_out import try_out
    from newsletters.audience.imports.actions.undo import undo
    from newsletters.models import Subscription

    print(f"{rows:,} rows …", flush=True)
    found: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        write_list(path, rows=rows)
        before = _megabytes()
        found["upload, seconds"], (made, choices, user) = _timed(lambda: prepare(path))
        try_out(made, choices=choices, user=user, now=timezone.now())
        found["try out, seconds"] = work(made)
        run(made, user=user, now=timezone.now())
        found["import, seconds"] = work(made)
        _require(Subscription.objects.filter(newsletter=made.newsletter).count() == rows, "Not every row was imported.")
        found["memory that it adds, MB"] = _megabytes() - before
        for kind in ("csv", "xlsx"):
            with (Path(folder) / f"out.{kind}").open("wb") as out:
                write = partial(write_readers, readers_of(made.newsletter), kind=kind, to=out)
                found[f"export to {kind}, seconds"], _count = _timed(write)
        undo(made, user=user, now=timezone.now())
        found["undo, seconds"] = work(made)
        _require(not Subscription.objects.filter(newsletter=made.newsletter).exists(), "Not every row was undone.")
    return found


def write_list(path: Path, *, rows: int) -> None:
    """Write a file of this many people."""
    with path.open("w") as file:
        file.write("Email Address,First Name,CONFIRM_TIME,status\n")
        file.writelines(f"r{number}.{rows}@example.org,Reader,2024-01-02 03:04:05,active\n" for number in range(rows))


def prepare(path: Path) -> tuple[ReaderImport, ImportChoices, User]:
    """Upload the file for a newsletter of its own; return the import, what staff say about it, and the user."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone
    from wagtail.models import Locale

    from newsletters.audience.imports.actions.try_out import ImportChoices
    from newsletters.audience.imports.actions.upload import upload
    from newsletters.models import Newsletter, NewsletterText, ThemeSet

    user, _made = get_user_model().objects.get_or_create(username="importer", is_superuser=True)
    locale, _made = Locale.objects.get_or_create(language_code="en")
    slug = f"letter-{Newsletter.objects.count()}"
    newsletter = Newsletter.objects.create(
        name=slug, slug=slug, sender_email="letter@example.org", reply_to="letter@example.org"
    )
    NewsletterText.objects.create(newsletter=newsletter, locale=locale, title="Letter", consent_wording="Yes.")
    with path.open("rb") as file:
        made = upload(newsletter=newsletter, file=file, name=path.name, user=user, now=timezone.now())
    choices = ImportChoices(
        encoding="utf-8",
        separator=",",
        columns=["email", "first_name", "consent_at", "status"],
        state="subscribed",
        basis="consent",
        evidence="bench",
        agreed_on=None,
        locale=locale,
        theme_set=ThemeSet.of([]),
        changes_known=False,
    )
    return made, choices, user


def work(made: ReaderImport) -> float:
    """Let a worker do what there is to do; return the seconds that takes."""
    from django.utils import timezone

    from newsletters.audience.imports.work import work_on

    do = partial(work_on, made.pk, language="en", should_stop=lambda: False, clock=timezone.now)
    seconds, _nothing = _timed(do)
    made.refresh_from_db()
    return seconds


def _require(is_so: bool, words: str) -> None:  # noqa: FBT001 - an assertion that -O does not remove
    if not is_so:
        raise SystemExit(words)


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


def _megabytes() -> float:
    """Return the largest memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
