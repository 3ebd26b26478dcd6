"""One process of the sending benchmark: `python -m bench.sending_worker ACT …`, on the database of its environment.

It prints "ready" when everything is imported, waits for a line, acts, and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from newsletters.models import Dispatch

MAIL_BYTES = 61_000
WORDS = "Partners in five countries tell how open data helps a town – and what they “found” in a year. "


def main() -> None:
    act, *arguments = sys.argv[1:]
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    acts: dict[str, Callable[..., dict[str, Any]]] = {
        "set-up": set_up,
        "reset": reset,
        "django": with_django,
        "ours": with_ours,
    }
    if act in {"django", "ours"}:
        _warm_up()
        print("ready", flush=True)
        sys.stdin.readline()
    start, processor = time.perf_counter(), time.process_time()
    result = acts[act](*arguments)
    result["began_at"], result["ended_at"] = start, time.perf_counter()
    result["seconds"] = result["ended_at"] - start
    result["processor_seconds"] = time.process_time() - processor
    result["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(result), flush=True)


def _warm_up() -> None:
    """Load what a worker loads only once: the code, the addresses of all pages, a database connection."""
    import newsletters.sending.engine.send_batch
    import newsletters.sending.transport.smtp  # noqa: F401
    from newsletters.models import Dispatch
    from newsletters.values.personal_links import PersonalLinks

    PersonalLinks.of(1)
    Dispatch.objects.exists()


def set_up(mails: str, message: str) -> dict[str, Any]:
    """Make a dispatch to this many readers, and write one of its mails to the file `message`."""
    from django.core.management import call_command
    from django.utils import timezone

    from newsletters.sending.mails.prepared import PreparedEditions
    from newsletters.sending.mails.recipient_rows import load_copies
    from newsletters.sending.patience import Patience

    call_command("migrate", verbosity=0)
    dispatch = _dispatch()
    _deliveries(dispatch, count=int(mails))
    patience = Patience(seconds=0, sleep=time.sleep)
    copy = load_copies([dispatch.deliveries.earliest("pk").pk], dispatch=dispatch)[0]
    editions = PreparedEditions(newsletter=dispatch.newsletter, clock=timezone.now, patience=patience)
    mail = editions.prepare(copy)
    Path(message).write_bytes(mail.wire)
    return {}


def reset() -> dict[str, Any]:
    """Restore the state in which nothing has been sent."""
    from newsletters.models import Delivery, Dispatch

    Delivery.objects.update(
        status="ready", attempts=0, first_tried_at=None, due_at=None, worker="", leased_until=None, settled_at=None
    )
    Dispatch.objects.update(status="sending", finished_at=None)
    return {}


def with_django(port: str, connections: str) -> dict[str, Any]:
    """Send as Django's documentation describes: one message for each reader, and no ledger.

    With "one", the connection stays open, which the documentation recommends; with "many", each mail opens its own,
    as `send_mail` and `EmailMessage.send` do.
    """
    from django.core.mail import EmailMultiAlternatives

    from cms.background.compat import mail_backend
    from newsletters.models import Edition, Subscription
    from newsletters.values.personal_links import PersonalLinks
    from newsletters.values.personal_parts import fill_html, fill_text, personal_parts

    backend = mail_backend(
        backend="django.core.mail.backends.smtp.EmailBackend", options={"host": "127.0.0.1", "port": int(port)}
    )
    edition = Edition.objects.get()
    with backend if connections == "one" else nullcontext():
        for subscription in Subscription.objects.select_related("subscriber").iterator():
            subscriber = subscription.subscriber
            links = PersonalLinks.of(subscription.pk)
            parts = personal_parts(language="en", first_name=subscriber.first_name, links=links)
            mail = EmailMultiAlternatives(
                edition.subject, fill_text(edition.text, parts=parts), "letter@hub.test", [subscriber.email]
            )
            mail.extra_headers["List-Unsubscribe"] = f"<{links.unsubscribe}>"
            mail.attach_alternative(fill_html(edition.html, parts=parts), "text/html")
            backend.send_messages([mail])
    return {}


def with_ours(port: str, profile: str = "") -> dict[str, Any]:
    """Send with the ledger on until nothing is left; with `profile`, print where the time was spent."""
    import cProfile
    import pstats

    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    sent = _send_all(int(port))
    if profile:
        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats(profile).print_stats(45)
    return {"sent": sent}


def _send_all(port: int) -> int:
    from django.utils import timezone

    from newsletters.models import Dispatch
    from newsletters.sending.engine.send_batch import send_batch
    from newsletters.sending.transport.smtp import SmtpTransport

    dispatch = Dispatch.objects.select_related("newsletter").get()
    transport = SmtpTransport(host="127.0.0.1", port=port)
    total = 0
    while sent := send_batch(dispatch, transport=transport, worker=f"w{os.getpid()}", clock=timezone.now):
        total += sent
    return total


def _dispatch() -> Dispatch:
    from django.utils import timezone
    from wagtail.models import Locale

    from bench.data import add_page, make_site
    from newsletters.models import Dispatch, Edition, IssuePage, Newsletter, NewsletterPage

    now = timezone.now()
    home = make_site()["en"]
    newsletter = Newsletter.objects.create(
        name="Letter", slug="letter", sender_name="The Hub", sender_email="letter@hub.test", reply_to="a@hub.test"
    )
    page = add_page(home, NewsletterPage(title="Letter", slug="letter", newsletter=newsletter))
    issue = add_page(page, IssuePage(title="One", slug="one", issue_date=now.date()))
    dispatch = Dispatch.objects.create(
        issue=issue, newsletter=newsletter, key="0123456789abcdef", domain="hub.test", content_hash="x", created_at=now
    )
    text = "%%salutation%%\n\n" + (WORDS + "\n") * 60 + "%%unsubscribe_url%%\n%%preferences_url%%\n"
    cell = f'<table role="presentation"><tr><td style="padding:0 24px">{WORDS}</td></tr></table>\n'
    html = '<!doctype html><p>%%salutation%%</p>\n<a href="%%preferences_url%%">Change</a>\n'
    html += cell * ((MAIL_BYTES - 8_500) // (len(cell) + 31)) + '<a href="%%unsubscribe_url%%">Leave</a>\n'
    locale = Locale.objects.get(language_code="en")
    Edition.objects.create(dispatch=dispatch, locale=locale, subject="One", title="One", html=html, text=text)
    return dispatch


def _deliveries(dispatch: Dispatch, *, count: int) -> None:
    from django.utils import timezone
    from wagtail.models import Locale

    from newsletters.models import Delivery, Subscriber, Subscription, ThemeSet

    theme_set = ThemeSet.of([])
    locale = Locale.objects.get(language_code="en")
    people = Subscriber.objects.bulk_create(
        Subscriber(email=f"reader{number}@example.org", first_name=["Ann", "Zoë"][number % 2])
        for number in range(count)
    )
    subscriptions = Subscription.objects.bulk_create(
        Subscription(
            subscriber=person,
            newsletter=dispatch.newsletter,
            locale=locale,
            theme_set=theme_set,
            status="active",
            status_changed_at=timezone.now(),
        )
        for person in people
    )
    edition = dispatch.editions.get()
    theirs = {"dispatch": dispatch, "issue_id": dispatch.issue_id, "edition": edition, "status": "ready"}
    Delivery.objects.bulk_create(Delivery(subscription=one, **theirs) for one in subscriptions)


if __name__ == "__main__":
    main()
