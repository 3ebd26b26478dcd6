"""Import readers from a file: upload it, say what it holds, see what would happen, do it, and undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from wagtail.log_actions import log

from newsletters.audience.importing.table import Table
from newsletters.audience.imports.actions.discard import discard
from newsletters.audience.imports.actions.run import run
from newsletters.audience.imports.actions.try_out import try_out
from newsletters.audience.imports.actions.undo import may_be_undone, undo
from newsletters.audience.imports.actions.upload import upload
from newsletters.audience.imports.forms import ChoicesForm, ReadingForm, UploadForm
from newsletters.audience.imports.report import write_report
from newsletters.audience.imports.stored_file import matching_of, opened_table
from newsletters.audience.staff_actions.note_viewing import note_list_viewed
from newsletters.audience.tasks import start_import_work
from newsletters.conf import conf
from newsletters.exceptions import TableUnreadable
from newsletters.models import ImportedRow, ReaderImport
from newsletters.publications.views.frame import render_page

Status = ReaderImport.Status
Fate = ImportedRow.Fate

MOST_IMPORTS = 50  # the latest ones
SAMPLE = 5  # rows that are shown beneath the columns
MOST_PROBLEMS = 20  # rows that are shown with what is wrong with them


def may_import(user: User | AnonymousUser) -> bool:
    """Say whether this user may import readers."""
    return bool(user.has_perm("hub_newsletters.import_subscription"))


def _require(request: HttpRequest) -> None:
    if not may_import(request.user):
        raise PermissionDenied


def _get(request: HttpRequest, import_pk: int) -> ReaderImport:
    _require(request)
    related = ReaderImport.objects.select_related("newsletter", "locale", "theme_set", "created_by")
    return get_object_or_404(related, pk=import_pk)


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """List the latest imports, and take a new file."""
    _require(request)
    is_upload = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if is_upload else UploadForm()
    if is_upload and form.is_valid():
        newsletter, file = form.cleaned_data["newsletter"], form.cleaned_data["file"]
        try:
            made = upload(newsletter=newsletter, file=file, name=file.name, user=request.user, now=timezone.now())
        except TableUnreadable as error:
            form.add_error("file", str(error))
        else:
            return redirect("newsletters_admin:import", made.pk)
    found = ReaderImport.objects.select_related("newsletter", "created_by")[:MOST_IMPORTS]
    return render_page(request, "audience/imports", title=_("Import readers"), icon="upload", form=form, imports=found)


@require_http_methods(["GET", "HEAD", "POST"])
def one_import(request: HttpRequest, import_pk: int) -> HttpResponse:
    """Show an import in its state; a POST confirms its columns and tries it out."""
    found = _get(request, import_pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        shown = _progress(found)
        html = render_to_string("newsletters/audience/_import_progress.html", dict(shown), request)
        return JsonResponse({"status": found.status, "percent": shown["percent"] or 0, "html": html})
    note_list_viewed("import", user=request.user, now=timezone.now())
    is_open = found.status == Status.UPLOADED or (found.status == Status.CHECKED and "columns" in request.GET)
    if is_open:
        return _columns(request, found)
    problems = found.imported_rows.filter(fate__in=[Fate.INVALID, Fate.NO_GROUND]).order_by("number")
    return render_page(
        request,
        "audience/import",
        title=_("Import readers"),
        subtitle=found.file_name,
        icon="upload",
        **_progress(found),
        problems=[] if found.is_at_work else problems[:MOST_PROBLEMS],
        may_undo=may_be_undone(found),
        has_report=not found.is_at_work and found.imported_rows.exists(),
        days=conf.KEEP_IMPORTS_DAYS,
    )


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A column with its first cells and the field to choose what it holds."""

    field: object
    cells: list[str]


def _columns(request: HttpRequest, found: ReaderImport) -> HttpResponse:
    chosen = request.POST if request.method == "POST" else request.GET
    reading = {name: chosen[name] for name in ("encoding", "separator") if name in chosen}
    form = ReadingForm(reading)
    if reading and form.is_valid():
        found.encoding, found.separator = form.cleaned_data["encoding"], form.cleaned_data["separator"]
    try:
        with opened_table(found) as table:
            return _choose(request, found, table)
    except TableUnreadable as error:
        return render_page(
            request,
            "audience/import_unreadable",
            title=_("Import readers"),
            subtitle=found.file_name,
            icon="upload",
            reader_import=found,
            problem=str(error),
            reading=form if reading else None,
        )


def _choose(request: HttpRequest, found: ReaderImport, table: Table) -> HttpResponse:
    matching = matching_of(found, table)
    is_answer = request.method == "POST"
    form = ChoicesForm(
        request.POST if is_answer else None,
        reader_import=found,
        table=table,
        matching=matching,
        may_change=request.user.has_perm("hub_newsletters.change_subscription"),
    )
    if is_answer and form.is_valid():
        choices = form.choices(encoding=table.encoding, separator=table.separator)
        if try_out(found, choices=choices, user=request.user, now=timezone.now()):
            start_import_work(found)
        return redirect("newsletters_admin:import", found.pk)
    rows = [row.cells for row, _number in zip(table.rows(), range(SAMPLE), strict=False)]
    columns = [Sample(field=form[name], cells=[row[place] for row in rows]) for place, name in enumerate(form.columns)]
    return render_page(
        request,
        "audience/import_columns",
        title=_("Import readers"),
        subtitle=found.file_name,
        icon="upload",
        reader_import=found,
        table=table,
        provider=matching.provider,
        form=form,
        columns=columns,
        others=[form[name] for name in form.fields if name not in form.columns],
        reading=ReadingForm(initial={"encoding": table.encoding, "separator": table.separator})
        if table.kind == "csv"
        else None,
    )


def _progress(found: ReaderImport) -> dict[str, object]:
    """Return what the progress of an import shows: its share that is done, and its rows by fate."""
    if found.status == Status.RUNNING and found.last_row:
        percent = 100 * found.position // found.last_row
    elif found.status == Status.UNDOING and found.last_row:
        percent = 100 * (found.last_row + 1 - found.position) // (found.last_row + 1)
    else:
        percent = None
    late = (timezone.now() - found.heard_at).total_seconds() > conf.IMPORT_LEASE_SECONDS
    return {
        "reader_import": found,
        "percent": percent,
        "fates": [(fate.label, found.counts[fate]) for fate in Fate if fate in found.counts],
        "rows": sum(found.counts.get(fate, 0) for fate in Fate),
        "what": _what_it_does(found.counts),
        "undone": found.counts.get("undone", 0),
        "kept": found.counts.get("kept", 0),
        "is_silent": found.is_at_work and late,
    }


def _what_it_does(counts: Mapping[str, int]) -> str:
    """Return what importing changes: "1 new reader, 2 get no more mail"."""
    words = {
        Fate.NEW: ngettext("%(count)s new reader", "%(count)s new readers", counts.get(Fate.NEW, 0)),
        Fate.CHANGED: ngettext("%(count)s is changed", "%(count)s are changed", counts.get(Fate.CHANGED, 0)),
        Fate.ENDED: ngettext("%(count)s gets no more mail", "%(count)s get no more mail", counts.get(Fate.ENDED, 0)),
        Fate.KEPT_OUT: ngettext(
            "%(count)s will never be mailed", "%(count)s will never be mailed", counts.get(Fate.KEPT_OUT, 0)
        ),
    }
    done = [words[fate] % {"count": counts[fate]} for fate in words if counts.get(fate)]
    return ", ".join(done) or _("nothing changes")


@require_POST
def start(request: HttpRequest, import_pk: int) -> HttpResponse:
    """Run an import that was tried out."""
    return _act(request, import_pk, run)


@require_http_methods(["GET", "HEAD", "POST"])
def undo_import(request: HttpRequest, import_pk: int) -> HttpResponse:
    """Say what undoing means and ask for confirmation; a POST begins."""
    found = _get(request, import_pk)
    if request.method == "POST":
        return _act(request, import_pk, undo)
    return render_page(
        request,
        "audience/import_undo",
        title=_("Undo the import"),
        subtitle=found.file_name,
        icon="undo",
        **_progress(found),
    )


def _act(request: HttpRequest, import_pk: int, act: Callable[..., bool]) -> HttpResponse:
    found = _get(request, import_pk)
    if act(found, user=request.user, now=timezone.now()):
        start_import_work(found)
    else:
        messages.info(request, _("Nothing was changed: the import has gone on since this page was loaded."))
    return redirect("newsletters_admin:import", found.pk)


@require_POST
def stop(request: HttpRequest, import_pk: int) -> HttpResponse:
    """Stop an import that is at work, or throw away one that changed nothing."""
    found = _get(request, import_pk)
    if discard(found, user=request.user, now=timezone.now()):
        messages.success(request, _("The file was thrown away; nothing was imported."))
        return redirect("newsletters_admin:imports")
    return redirect("newsletters_admin:import", found.pk)


@require_GET
def report(request: HttpRequest, import_pk: int) -> FileResponse:
    """Return what becomes of each row as a CSV file; the audit log notes who took it out."""
    found = _get(request, import_pk)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it, and then it is gone
    write_report(found, to=file)
    log(found.newsletter, "hub_newsletters.report_import", user=request.user)
    file.seek(0)
    name = f"import-{found.pk}.csv"
    return FileResponse(file, as_attachment=True, filename=name, headers={"Cache-Control": "no-store"})
