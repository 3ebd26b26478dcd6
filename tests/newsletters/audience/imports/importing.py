"""Import files as staff do."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsletters.audience.imports.work import work_on
from newsletters.models import ReaderImport
from tests.newsletters.building import Hub

GROUND = {"basis": "consent", "evidence": "form of the old website", "agreed_on": "2024-05-01"}


class Importer:
    """Somebody of the staff with a browser, and a worker."""

    def __init__(self, hub: Hub, client: Client) -> None:
        self.hub, self.client = hub, client

    def upload(self, content: str | bytes, *, name: str = "list.csv") -> ReaderImport:
        """Upload a file and return its import."""
        data = content.encode() if isinstance(content, str) else content
        answer = self.client.post(
            reverse("newsletters_admin:imports"),
            {"newsletter": self.hub.newsletter.pk, "file": SimpleUploadedFile(name, data)},
        )
        assert answer.status_code == 302, answer.content.decode()
        return ReaderImport.objects.latest("pk")

    def confirm(self, made: ReaderImport, **changes: Any) -> Any:
        """Send the form of the columns as it is shown, with a ground and these changes; return the answer."""
        form = self.client.get(self.page(made, columns=True)).context["form"]
        shown = {name: form[name].value() for name in form.fields}
        chosen = shown | {"themes": [self.hub.themes["data"].pk], "language": "en"} | GROUND | changes
        chosen = {key: value for key, value in chosen.items() if value not in (None, False)}
        return self.client.post(self.page(made, columns=True), chosen)

    def confirm_again(self, made: ReaderImport) -> Any:
        """Send the form once more, as from a page that was loaded before."""
        chosen = GROUND | {"column-0": "email", "themes": [self.hub.themes["data"].pk], "language": "en"}
        return self.client.post(self.page(made, columns=True), chosen | {"state": "subscribed"})

    def try_out(self, content: str | bytes, *, name: str = "list.csv", **changes: Any) -> ReaderImport:
        """Upload a file, confirm its columns, and let a worker read it."""
        made = self.upload(content, name=name)
        answer = self.confirm(made, **changes)
        assert answer.status_code == 302, answer.content.decode()
        return self.work(made)

    def run(self, content: str | bytes, *, name: str = "list.csv", **changes: Any) -> ReaderImport:
        """Try a file out, import it, and let a worker do so."""
        made = self.try_out(content, name=name, **changes)
        self.post(made, "start_import")
        return self.work(made)

    def undo(self, made: ReaderImport) -> ReaderImport:
        """Undo an import, and let a worker do so."""
        self.post(made, "undo_import")
        return self.work(made)

    def post(self, made: ReaderImport, name: str) -> Any:
        """Press a button of the import's page."""
        return self.client.post(reverse(f"newsletters_admin:{name}", args=[made.pk]))

    def page(self, made: ReaderImport, *, columns: bool = False) -> str:
        """Return the address of the import's page."""
        return reverse("newsletters_admin:import", args=[made.pk]) + ("?columns=1" if columns else "")

    def work(self, made: ReaderImport) -> ReaderImport:
        """Let a worker do what there is to do."""
        work_on(made.pk, language="en", should_stop=lambda: False, clock=timezone.now)
        made.refresh_from_db()
        return made
