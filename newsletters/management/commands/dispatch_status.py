"""`manage.py dispatch_status`: print how far an issue's sendings are, and whether their counts add up."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from newsletters.models import Dispatch, IssuePage
from newsletters.results.standstill import why_it_stands_still
from newsletters.sending.ledger.status import LedgerStatus, ledger_status
from newsletters.values.path_keys import is_key
from newsletters.values.remarks import in_words

NO_ANSWER = 2  # the exit status if there is nothing to add up


class Command(BaseCommand):
    help = (
        "Print the number of deliveries in each state for each sending of an issue, the newest first. The exit "
        "status is 0 if they add up to the audience, 1 if not, 2 if there is no such sending or no database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        named = parser.add_mutually_exclusive_group(required=True)
        named.add_argument("issue", nargs="?", help="the issue's slug or the number of its page")
        number = "the number of one sending, as in the address of its page"
        named.add_argument("--sending", type=int, metavar="NUMBER", help=number)
        parser.add_argument("--json", action="store_true", help="print a line of JSON for each sending")

    def handle(self, *, issue: str | None, sending: int | None, json: bool, **_options: object) -> None:
        try:
            self._report(_of_issue(issue) if issue is not None else _numbered(str(sending)), as_json=json)
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {error}", returncode=NO_ANSWER) from error

    def _report(self, dispatches: QuerySet[Dispatch], *, as_json: bool) -> None:
        faults = []
        for index, dispatch in enumerate(dispatches.select_related("issue", "newsletter")):
            status = ledger_status(dispatch)
            self._print(_figures(dispatch, status, as_codes=as_json), as_json=as_json, is_first=not index)
            faults += _faults(dispatch, status)
        if faults:
            raise CommandError(" ".join(faults))

    def _print(self, figures: dict[str, object], *, as_json: bool, is_first: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(figures))
            return
        if not is_first:
            self.stdout.write()
        for name, value in figures.items():
            self.stdout.write(f"{name:<20} {value}")


def _of_issue(name: str) -> QuerySet[Dispatch]:
    """Return the sendings of the issues with this slug or page number, else the sending with this number."""
    name = name.encode(errors="replace").decode()  # a database refuses bytes that are not text
    found = IssuePage.objects.filter(Q(slug=name) | Q(pk__in=_keys(name)))
    titles = list(found.values_list("title", flat=True))
    if not titles and Dispatch.objects.filter(pk__in=_keys(name)).exists():
        return _numbered(name)
    if not titles:
        slugs = ", ".join(IssuePage.objects.order_by("-issue_date").values_list("slug", flat=True)[:10])
        words = f"There is no issue “{name}”. The newest are: {slugs or 'none yet'}."
        raise CommandError(words, returncode=NO_ANSWER)
    dispatches = Dispatch.objects.filter(issue__in=found)
    if not dispatches.exists():
        raise CommandError(f"“{titles[0]}” has not been sent.", returncode=NO_ANSWER)
    return dispatches


def _numbered(number: str) -> QuerySet[Dispatch]:
    dispatches = Dispatch.objects.filter(pk__in=_keys(number))
    if not dispatches.exists():
        raise CommandError(f"There is no sending {number}.", returncode=NO_ANSWER)
    return dispatches


def _keys(word: str) -> list[int]:
    return [int(word)] if is_key(word) else []


def _figures(dispatch: Dispatch, status: LedgerStatus, *, as_codes: bool) -> dict[str, object]:
    standstill = why_it_stands_still(dispatch, status, now=timezone.now())
    reason = dispatch.status_reason
    return {
        "issue": dispatch.issue.slug,
        "page": dispatch.issue_id,
        "dispatch": dispatch.pk,
        "follows": dispatch.follows_id,
        "corrections": dispatch.edition_number - 1,
        "status": dispatch.status,
        "reason": reason if as_codes else in_words(reason) or standstill,
        "stands_still": bool(standstill),
        "goes_on_at": dispatch.retry_at.isoformat() if dispatch.retry_at else None,
        "audience": status.audience,
        **status.counts,
        "excluded_by_reason": status.excluded,
        "adds_up": status.adds_up,
    }


def _faults(dispatch: Dispatch, status: LedgerStatus) -> list[str]:
    faults = []
    if sum(status.counts.values()) != status.audience:
        faults.append(f"The states of sending {dispatch.pk} do not add up to its audience.")
    if status.stranded:
        faults.append(
            f"Sending {dispatch.pk} does not add up: it is {dispatch.status}, and {status.stranded} still wait."
        )
    return faults
