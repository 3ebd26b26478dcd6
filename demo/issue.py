"""Compose the demo's issue from tagged pages, approve and send it, or continue where an earlier run stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone
from wagtail.models import Locale

from cms.models import HubPage
from cms.plugins.registry import card_for
from demo.inbox import Inbox
from demo.site import rich_text
from demo.texts import Entry, load
from demo.worker import run_one_task
from newsletters.editions.compile_issue import compile_issue
from newsletters.issues.actions.approve_issue import approve_issue
from newsletters.issues.actions.compose_issue import compose_issue
from newsletters.issues.actions.set_up_workflow import set_up_workflow
from newsletters.issues.actions.start_dispatch import start_dispatch
from newsletters.issues.actions.submit_issue import submit_issue
from newsletters.issues.candidates import default_window
from newsletters.issues.issue_state import approval_step, issue_status
from newsletters.issues.queries import current_dispatch
from newsletters.models import Delivery, Dispatch, IssuePage, Newsletter, NewsletterPage
from newsletters.sending import ledger
from newsletters.sending.ledger.status import LedgerStatus, ledger_status
from newsletters.sending.tasks import start_workers
from newsletters.tasks import sweep

Figures = dict[str, int | str]  # what a run loaded and sent, by name

ACCEPTED = (Delivery.Status.ACCEPTED, Delivery.Status.BOUNCED, Delivery.Status.COMPLAINED)  # by the mail server
PATIENCE_SECONDS = 120
LEFT_FOR_NEXT_ISSUE = timedelta(days=3)  # so that people who try the demo have something to gather


def send_demo_issue(
    *, newsletter: Newsletter, inbox: Inbox, now: datetime, say: Callable[[int, int], None]
) -> Dispatch:
    """Send the demo's issue and return its dispatch; `say` gets the number of settled deliveries, and of all."""
    users = get_user_model().objects
    editor, approver = users.get(username="editor"), users.get(username="approver")
    issue = IssuePage.objects.order_by("pk").first() or _compose(newsletter, editor=editor, now=now)
    dispatch = current_dispatch(issue)
    if dispatch is None:
        set_up_workflow(user=users.get(username="administrator"))
        _approve(issue, newsletter=newsletter, editor=editor, approver=approver, now=now)
        dispatch = start_dispatch(issue, user=approver, now=now)
        start_workers(dispatch)
    send_all(dispatch, inbox=inbox, say=say)
    dispatch.refresh_from_db()
    return dispatch


def _compose(newsletter: Newsletter, *, editor: User, now: datetime) -> IssuePage:
    parent = NewsletterPage.objects.get(newsletter=newsletter, locale=Locale.objects.get(language_code="en"))
    window = replace(default_window(newsletter, now=now), until=now - LEFT_FOR_NEXT_ISSUE)
    issue = compose_issue(parent=parent, user=editor, now=now, window=window)
    words = load("issue")["issue"]
    texts = list(issue.texts.all())
    for text in texts:
        in_language = words[text.locale.language_code]
        text.subject, text.preheader, text.title = (in_language[name] for name in ("subject", "preheader", "title"))
        text.intro = rich_text(in_language["intro"])
        text.signed_by, text.signed_function = in_language["signed_by"], in_language["signed_function"]
    issue.texts = texts
    _add_own_blocks(issue, load("issue")["own"])
    issue.summary = words["en"]["summary"]
    issue.save_revision(user=editor)
    return issue


def _add_own_blocks(issue: IssuePage, own: Entry) -> None:
    """Put a quote between themes and activities, and a team member and a button at the end."""

    def rows(kind: str) -> list[dict[str, str]]:
        return [{"language": code, **own[kind][code]} for code in ("en", "nl")]

    def page(kind: str) -> HubPage:
        return HubPage.objects.get(slug=own[kind]["slug"], locale__language_code="en")

    cards = [card_for(block.value["page"].specific) for block in issue.body]
    sections = [card.section for card in cards if card]
    themes = sections.count("theme")
    for index in reversed(range(sections.index("archive") + 1, len(sections))):
        del issue.body[index]  # one archive item is enough
    issue.body.insert(themes, ("quote", {"texts": rows("quote")}))
    issue.body.append(("person", {"page": page("person"), "texts": rows("person")}))
    issue.body.append(("button", {"page": page("button"), "url": "", "texts": rows("button")}))


def _approve(issue: IssuePage, *, newsletter: Newsletter, editor: User, approver: User, now: datetime) -> None:
    compiled = compile_issue(issue.get_latest_revision_as_object(), newsletter=newsletter, now=now)
    if issue_status(issue, compiled=compiled).is_approved:
        return
    if not approval_step(issue):
        submit_issue(issue, user=editor)
    approve_issue(issue, seen_hash=compiled.content_hash, user=approver, now=now)


def send_all(dispatch: Dispatch, *, inbox: Inbox, say: Callable[[int, int], None]) -> None:
    """Send until no delivery waits, or somebody has paused the dispatch.

    What an interrupted run left claimed is released when its lease ends.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        run_one_task()
        _ask_inbox_about_uncertain(dispatch, inbox=inbox)
        status = ledger_status(dispatch)
        say(status.settled, status.audience)
        dispatch.refresh_from_db(fields=["status"])
        if not status.waiting or dispatch.status == Dispatch.Status.PAUSED or time.monotonic() > end:
            return
        if not sweep():
            time.sleep(1)


def _ask_inbox_about_uncertain(dispatch: Dispatch, *, inbox: Inbox) -> None:
    """Resolve what an interrupted run left uncertain: unlike other mail servers, this inbox can be asked."""
    uncertain = list(dispatch.deliveries.filter(status=Delivery.Status.UNCERTAIN).select_related("dispatch"))
    received = set(inbox.message_ids()) if uncertain else set()
    for delivery in uncertain:
        ledger.resolve_uncertain(delivery.pk, went_out=delivery.message_id in received, now=timezone.now())


def missing_mails(dispatch: Dispatch, *, inbox: Inbox) -> int:
    """Return how many deliveries, without the excluded ones, have no mail in the inbox."""
    received = set(inbox.message_ids())
    expected = dispatch.deliveries.exclude(status=Delivery.Status.EXCLUDED).select_related("dispatch")
    return sum(1 for delivery in expected if delivery.message_id not in received)


def received_mails(dispatch: Dispatch, *, inbox: Inbox) -> int:
    """Return how many mails of this dispatch the inbox contains, duplicates included."""
    ending = f".{dispatch.key}@{dispatch.domain}>"
    return sum(1 for message_id in inbox.message_ids() if message_id.endswith(ending))


def summary(dispatch: Dispatch, *, inbox: Inbox, pages: int) -> Figures:
    """Return the figures of the run, read from the database and the inbox."""
    status: LedgerStatus = ledger_status(dispatch)
    return {
        "pages": pages,
        "locales": Locale.objects.count(),
        "issue": dispatch.issue.title,
        "editions": dispatch.deliveries.exclude(edition=None).values("edition").distinct().count(),
        "audience": status.audience,
        "accepted": sum(status.counts[state] for state in ACCEPTED),
        "excluded": status.counts[Delivery.Status.EXCLUDED],
        "inbox": received_mails(dispatch, inbox=inbox),
    }
