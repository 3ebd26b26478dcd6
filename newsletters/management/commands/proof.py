"""`manage.py proof`: everything that is kept about one reader, as JSON or as a page to print."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils import timezone, translation
from wagtail.log_actions import log

from newsletters.audience.personal_data import in_words, personal_data_of
from newsletters.models import Subscriber


class Command(BaseCommand):
    help = (
        "Print everything that is kept about the reader with this address: what they chose, agreed to and were sent. "
        "The audit log notes it, without the address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="the reader's address, in any spelling")
        parser.add_argument("--format", choices=["json", "html"], default="json", help="what to write (json)")
        parser.add_argument("--out", type=Path, metavar="FILE", help="a new file to write to, readable only for you")

    def handle(self, *, address: str, format: str, out: Path | None, **_options: object) -> None:  # noqa: A002 - its option
        subscriber = Subscriber.objects.at(address).first()
        if subscriber is None:
            raise CommandError("No reader has this address.")
        data = personal_data_of(subscriber, names_staff=True, now=timezone.now())
        if format == "json":
            text = json.dumps(asdict(data), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
        else:
            context = {"data": in_words(data), "language": translation.get_language()}
            text = render_to_string("newsletters/proof.html", context)
        if out is None:
            self.stdout.write(text)
        else:
            _write(out, text)
        log(subscriber, "hub_newsletters.take_out", title=f"{subscriber.pk}", data={"by": "command"})


def _write(path: Path, text: str) -> None:
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The file cannot be written: {error}") from error
