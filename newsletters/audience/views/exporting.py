"""Export a newsletter's readers to a file; who did so, and why, stands in the audit log."""

from __future__ import annotations

from tempfile import TemporaryFile

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.log_actions import log

from newsletters.audience.exporting.readers import readers_of, write_readers
from newsletters.audience.reader_forms import ExportForm
from newsletters.publications.views.frame import render_page


def may_export(user: User | AnonymousUser) -> bool:
    """Say whether this user may take out whole lists of readers."""
    return bool(user.has_perm("hub_newsletters.export_subscription"))


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Ask what to export and why; a POST returns the file."""
    if not may_export(request.user):
        raise PermissionDenied
    form = ExportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _file(request, form)
    return render_page(request, "audience/export", title=_("Export readers"), icon="download", form=form)


def _file(request: HttpRequest, form: ExportForm) -> FileResponse:
    names = ("newsletter", "segment", "status", "kind")
    newsletter, segment, status, kind = (form.cleaned_data[name] for name in names)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it, and then it is gone
    people = write_readers(readers_of(newsletter, status=status, segment=segment), kind=kind, to=file)
    log(
        newsletter,
        "hub_newsletters.export",
        user=request.user,
        data={"people": people, "why": form.cleaned_data["why"]} | ({"segment": segment.name} if segment else {}),
    )
    file.seek(0)
    name = f"{newsletter.slug}-{timezone.localdate()}.{kind}"
    return FileResponse(file, as_attachment=True, filename=name, headers={"Cache-Control": "no-store"})
