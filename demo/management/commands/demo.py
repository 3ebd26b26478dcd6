"""`manage.py demo`: load the hub's content, compose an issue, send it into a local inbox, and serve it all."""

from __future__ import annotations

import gc
import json
import signal
import socket
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import datetime

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo import place
from demo.audience import hear_of_mails, write_list
from demo.drawings import drawn_ahead
from demo.inbox import Inbox, InboxUnavailable
from demo.issue import Figures, missing_mails, send_demo_issue, summary
from demo.people import load_staff, load_subscribers
from demo.site import SiteLoader, page_count
from demo.worker import second_worker, waiting_tasks
from newsletters.exceptions import NewsletterError
from newsletters.models import Dispatch, Newsletter, Subscriber


class Command(BaseCommand):
    help = "Load the demo, send its newsletter into a local inbox, and serve the admin, the API and the inbox."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="stop when everything is loaded and sent")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON on the last line")

    def handle(self, *, no_serve: bool, json: bool, **_options: object) -> None:
        if settings.ROOT_URLCONF != "demo.urls":
            raise CommandError("The demo has its own settings: run it as `manage.py demo` or `make demo`.")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the worker stops, too
        inbox = Inbox(place.DEMO_INBOX)
        with ExitStack() as stack:
            port = stack.enter_context(nullcontext() if no_serve else self._held_port())
            try:
                stack.enter_context(inbox.listening(port=place.DEMO_SMTP_PORT))
            except InboxUnavailable as error:
                raise CommandError(f"{error} Leave DEMO_SMTP_PORT unset, and the demo finds a free port.") from error
            figures, passwords, missing = self._load(inbox, stack)
            if missing:
                self.stderr.write(f"{missing} mails are missing. The sending's page in the admin says why.")
            if port:
                self._print_addresses(passwords, figures)
                port.close()
                self._serve()
        self._print_figures(figures, as_json=json)
        if missing:
            sys.exit(1)

    def _held_port(self) -> socket.socket:
        """Return a socket that holds the port during loading: another demo may start meanwhile."""
        try:
            return place.held(place.DEMO_PORT)
        except OSError as error:
            raise CommandError(f"Another program has just taken port {place.DEMO_PORT}. Run the demo again.") from error

    def _load(self, inbox: Inbox, stack: ExitStack) -> tuple[Figures, dict[str, str], int]:
        gc.disable()  # collecting garbage takes a third of the migrations' time
        now = timezone.now()
        self._step("Preparing the database")
        with drawn_ahead():
            call_command("migrate", verbosity=0)
        stack.enter_context(second_worker())
        SiteLoader(now=now, port=place.DEMO_PORT, say=self._progress("Pages in English and Dutch")).run()
        passwords = self._load_people(now)
        dispatch = self._send(inbox, now)
        hear_of_mails(dispatch, now=now)
        write_list(place.DEMO_LIST, reader=Subscriber.objects.order_by("pk")[2].email)
        if waiting := waiting_tasks():
            # Nobody needs to wait for them: until a picture exists, the API leaves it out.
            self._step(f"Pictures for the website: {waiting} tasks left, which run while the demo serves")
        gc.enable()
        return summary(dispatch, inbox=inbox, pages=page_count()), passwords, missing_mails(dispatch, inbox=inbox)

    def _load_people(self, now: datetime) -> dict[str, str]:
        self._step("Staff and subscribers")
        load_subscribers(newsletter=Newsletter.objects.get(slug="newsletter"), now=now)
        return load_staff(passwords_dir=place.DEMO_DIR)

    def _send(self, inbox: Inbox, now: datetime) -> Dispatch:
        newsletter = Newsletter.objects.get(slug="newsletter")
        try:
            return send_demo_issue(
                newsletter=newsletter, inbox=inbox, now=now, say=self._progress("Composing and sending the newsletter")
            )
        except NewsletterError as error:
            raise CommandError(f"The demo's issue could not be sent: {error}") from error

    def _serve(self) -> None:
        """Run the clock and the web server until somebody stops them; the worker is already running."""
        threading.Thread(target=call_command, args=["clock"], daemon=True).start()
        call_command("runserver", f"localhost:{place.DEMO_PORT}", use_reloader=False, skip_checks=True, verbosity=0)

    def _print_addresses(self, passwords: dict[str, str], figures: Figures) -> None:
        base = f"http://localhost:{place.DEMO_PORT}"
        if place.DEMO_PORT > place.FIRST_PORT:
            self._step(f"Another program uses port {place.FIRST_PORT}, so the demo serves on {place.DEMO_PORT}")
        lines = [
            "",
            f"  {figures['pages']} pages, {figures['accepted']} mails in {figures['editions']} editions. Look around:",
            "",
            f"    {base}/              where to begin",
            f"    {base}/admin/        the admin",
            f"    {base}/inbox/        the mails that were received",
            f"    {base}/api/v1/docs   the Content API",
            "",
            f"  A list of members to import (Subscribers, Readers, Import readers): {place.DEMO_LIST}",
            "",
            "  Log in as",
            *(f"    {name:<14} {password}" for name, password in passwords.items()),
            "",
            "  Ctrl+C stops it.",
            "",
        ]
        self.stdout.write("\n".join(lines))

    def _print_figures(self, figures: Figures, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(figures))
            return
        self.stdout.write(
            f"{figures['pages']} pages in {figures['locales']} languages; {figures['accepted']} of "
            f"{figures['audience']} mails accepted, {figures['excluded']} excluded, {figures['inbox']} received."
        )

    def _step(self, words: str) -> None:
        self.stderr.write(f"{words} …")

    def _progress(self, words: str) -> Callable[[int, int], None]:
        """Return a function that prints a step's progress: on one line in a terminal, now and then elsewhere."""
        last = 0.0

        def say(done: int, total: int) -> None:
            nonlocal last
            if done < total and time.monotonic() - last < (0.1 if sys.stderr.isatty() else 5):
                return
            last = time.monotonic()
            start, end = ("\r", "\n" if done == total else "") if sys.stderr.isatty() else ("", "\n")
            self.stderr.write(f"{start}{words}: {done} of {total}", ending=end)

        return say
