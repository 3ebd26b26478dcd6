"""What happens to an audience besides sending: a bounce, a complaint, and a list of members to import."""

from __future__ import annotations

from datetime import datetime
from itertools import cycle
from pathlib import Path

from demo.texts import load
from newsletters.models import Delivery, Dispatch
from newsletters.results.actions.heed_refusals import heed_refusals
from newsletters.results.actions.record_report import record_report
from newsletters.results.incoming.kinds import Action, Bounce, Complaint, Origin, Recipient

Status = Delivery.Status


def hear_of_mails(dispatch: Dispatch, *, now: datetime) -> None:
    """Record a bounce and a complaint, once, and set both readers aside."""
    if dispatch.deliveries.filter(status__in=[Status.BOUNCED, Status.COMPLAINED]).exists():
        return
    accepted = dispatch.deliveries.filter(status=Status.ACCEPTED).order_by("pk")
    bounced, complained = accepted.values_list("pk", flat=True)[:2]
    unknown = Recipient(
        address="",
        action=Action.FAILED,
        status="5.1.1",
        diagnostic="550 5.1.1 no such mailbox",
        bounce_class=Delivery.BounceClass.HARD,
    )
    record_report(Bounce(origin=Origin(delivery_pk=bounced), recipients=(unknown,)), now=now)
    complaint = Complaint(origin=Origin(delivery_pk=complained), feedback_type="abuse", recipients=(), source="example")
    record_report(complaint, now=now)
    heed_refusals(now=now)


def write_list(path: Path, *, reader: str) -> None:
    """Write a list of members as associations keep it: most are new, one left, one is `reader`, one is misspelt."""
    names = load("subscribers")["first_names"][:12]
    works_at = cycle(load("subscribers")["organisations"])
    rows = ["E-mailadres;Voornaam;Taal;Status;Lidnummer;Organisatie"]
    rows += [
        f"lid{number}@members.example;{name};nl;Actief;{number};{organisation}"
        for number, (name, organisation) in enumerate(zip(names, works_at, strict=False), start=101)
    ]
    rows += [
        "lid90@members.example;;nl;Afgemeld;90;",
        f"{reader};;nl;Actief;91;",
        "lid92(at)members.example;;en;Actief;92;",
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
