"""`manage.py dispatch_status ISSUE`: how its newest sending stands, and that the states account for everybody."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from newsletters.models import IssuePage
from newsletters.queries import current_dispatch, ledger_status
from newsletters.reporting.standstill import why_it_stands_still
from newsletters.sending.remarks import in_words


class Command(BaseCommand):
    help = "Print how many deliveries of an issue are in each state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("issue", help="the issue's slug or the number of its page")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *, issue: str, json: bool, **options: Any) -> None:
        page = IssuePage.objects.filter(**({"pk": issue} if issue.isdigit() else {"slug": issue})).first()
        if page is None:
            slugs = ", ".join(IssuePage.objects.order_by("-issue_date").values_list("slug", flat=True)[:10])
            raise CommandError(f"There is no issue “{issue}”. The newest are: {slugs or 'none yet'}.")
        dispatch = current_dispatch(page)
        if dispatch is None:
            raise CommandError(f"“{page.title}” has not been sent.")
        status = ledger_status(dispatch)
        standstill = why_it_stands_still(dispatch, status, now=timezone.now())
        figures = {
            "issue": page.slug,
            "dispatch": dispatch.pk,
            "status": dispatch.status,
            "reason": dispatch.status_reason if json else in_words(dispatch.status_reason) or standstill,
            "stands_still": bool(standstill),
            "goes_on_at": dispatch.retry_at.isoformat() if dispatch.retry_at else None,
            "audience": status.audience,
            **status.counts,
            "excluded_by_reason": status.excluded,
            "adds_up": status.adds_up,
        }
        self._print(figures, as_json=json)
        if not status.adds_up:
            raise CommandError("The states do not add up to the audience.")

    def _print(self, figures: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(figures))
            return
        for name, value in figures.items():
            self.stdout.write(f"{name:<20} {value}")
