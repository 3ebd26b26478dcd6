"""How long an edition of the demo's issue takes to compile, stage by stage: `make bench` (run `make demo` first)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")

RUNS = 30


def milliseconds(act: Callable[[], object]) -> float:
    """Return the median time of `act` over RUNS runs, after one that does not count."""
    act()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


def main() -> None:
    import django

    django.setup()

    from django.template.loader import render_to_string
    from django.utils import timezone

    from newsletters.compile.content import load_content
    from newsletters.compile.edition import _mail, compile_edition
    from newsletters.compile.mjml import to_html
    from newsletters.models import IssuePage
    from newsletters.sending.message import build_message

    issue = IssuePage.objects.order_by("pk").first()
    if issue is None:
        raise SystemExit("There is no issue to compile: run `make demo` first.")
    newsletter = issue.newsletter
    locale = newsletter.locales().first()
    now = timezone.now()
    content = load_content(issue, newsletter=newsletter, locale=locale, now=now)
    mail = _mail(content, stories=list(content.stories), followed=None)
    source = render_to_string("newsletters/mail/issue.mjml", {"mail": mail})
    edition = compile_edition(content, followed=None)
    delivery = issue.dispatches.get().deliveries.filter(status="accepted").first()

    print(f"{edition.story_count} stories, {len(edition.html) / 1000:.1f} kB of HTML; medians of {RUNS} runs")
    for words, act in (
        (
            "load the stories of one language",
            lambda: load_content(issue, newsletter=newsletter, locale=locale, now=now),
        ),
        ("render MJML", lambda: render_to_string("newsletters/mail/issue.mjml", {"mail": mail})),
        ("MJML to HTML", lambda: to_html(source)),
        ("render plain text", lambda: render_to_string("newsletters/mail/issue.txt", {"mail": mail})),
        ("compile an edition (the three above)", lambda: compile_edition(content, followed=None)),
        ("one person's message", lambda: build_message(delivery, newsletter=newsletter, now=now).as_bytes()),
    ):
        print(f"{words:<40} {milliseconds(act):8.1f} ms")


if __name__ == "__main__":
    main()
