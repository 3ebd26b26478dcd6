"""How long an edition of 12 stories takes to compile, stage by stage, and how long 30 editions take: `make bench`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wagtail.models import Locale, Page

    from cms.models import HomePage
    from newsletters.editions.content import IssueContent
    from newsletters.models import IssuePage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

STORIES = 12
MOST_MILLISECONDS = 50  # for an edition, median
MOST_SECONDS = 2  # for thirty


def main() -> None:
    import django

    django.setup()

    from django.core.management import call_command

    runs = _arguments().runs
    print("Making the tables, and an issue of 12 stories in two languages …", flush=True)
    call_command("migrate", verbosity=0)
    measure(make_issue(), runs=runs)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    return parser.parse_args()


def make_issue() -> IssuePage:
    """Make a newsletter in two languages, and an issue of a lead, seven articles, three activities and a role."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from bench.data import WORDS, add_page, make_site
    from newsletters.issues.actions.compose_issue import compose_issue
    from newsletters.models import Newsletter, NewsletterPage, NewsletterText

    homes, now = make_site(), timezone.now()
    make_pages(homes, now=now)
    addresses = {
        "sender_email": "a@hub.test",
        "reply_to": "b@hub.test",
        "postal_address": "Street 1\n1000 AA Amsterdam",
    }
    newsletter = Newsletter(name="Letter", slug="letter", sender_name="Hub", **addresses)
    newsletter.texts.set(
        [NewsletterText(locale=each.locale, title="Letter", consent_wording=".") for each in homes.values()]
    )
    newsletter.save()
    parent = add_page(homes["en"], NewsletterPage(title="Letter", slug="letter", newsletter=newsletter))
    user = get_user_model().objects.create_superuser("bench")
    issue = compose_issue(parent=parent, user=user, now=now).get_latest_revision_as_object()
    issue.body[0].value["is_lead"] = True
    for text in issue.texts.all():
        text.intro = f"<p>{WORDS} <b>Come</b> and <a href='https://example.org/'>see for yourself</a>.</p>" * 2
    return issue


def make_pages(homes: dict[str, HomePage], *, now: datetime) -> None:
    """Make twelve pages in both languages with pictures and themes, which an issue can show."""
    from bench.data import THEMES, WORDS, _draw, add_page
    from cms.models import RolePage, Theme
    from themes.models import ActivityPage, ArticlePage

    images, themes = [_draw(number) for number in range(2)], list(Theme.objects.all())

    def article(number: int) -> Page:
        return ArticlePage(title=f"What a town learns from story {number}", slug=f"a{number}", image=images[number % 2])

    def activity(number: int) -> Page:
        starts_at = now + timedelta(days=number)
        ends_at = starts_at + timedelta(hours=2)
        return ActivityPage(
            title=f"A day of learning {number}", slug=f"b{number}", starts_at=starts_at, ends_at=ends_at
        )

    def role(number: int) -> Page:
        return RolePage(title="Connecting", slug=f"c{number}")

    makers = [article] * 8 + [activity] * 3 + [role]
    for number, make in enumerate(makers, start=1):
        english, dutch = make(number), make(number)
        add_page(homes["en"], english)
        dutch.translation_key, dutch.locale = english.translation_key, homes["nl"].locale
        add_page(homes["nl"], dutch)
        for page in (english, dutch):
            page.summary, page.first_published_at = WORDS[:180], now - timedelta(hours=number)
            page.themes.set([themes[number % len(THEMES)]])
            page.save()


def measure(issue: IssuePage, *, runs: int) -> None:
    """Print how long each stage takes and whether the promises are kept."""
    from django.utils import timezone, translation

    from newsletters.editions.compile_edition import compile_edition
    from newsletters.editions.content import load_content

    newsletter, now = issue.newsletter, timezone.now()
    locales = list(newsletter.locales())

    def load(locale: Locale) -> IssueContent:
        return load_content(issue, newsletter=newsletter, locale=locale, now=now)

    content = load(locales[0])
    edition = compile_edition(content, followed=None)
    slugs = [theme.slug for theme in content.themes]
    sets = [chosen for size in range(1, len(slugs) + 1) for chosen in combinations(slugs, size)]

    def thirty() -> None:
        for locale in locales:
            loaded = load(locale)
            for followed in sets:
                compile_edition(loaded, followed=followed)

    assert edition.story_count == STORIES, edition.story_count  # noqa: S101
    assert "see for yourself" in edition.html  # noqa: S101
    print(f"{edition.story_count} stories, {len(edition.html.encode()) / 1000:.1f} kB of HTML; {runs} runs\n")
    print(f"{'':<44}{'median':>10}{'p95':>10}   ms")
    _print("once per language: stories, cards and intro", _times(lambda: load(locales[0]), runs=runs))
    with translation.override(locales[0].language_code):
        for words, act in _stages(content):
            _print(words, _times(act, runs=runs))
    one = _times(lambda: compile_edition(content, followed=None), runs=runs)
    _print("an edition: the three above", one, most=MOST_MILLISECONDS)
    all_in_all = _times(thirty, runs=max(2, runs // 10))
    _print(f"{len(sets) * len(locales)} editions in two languages, in all", all_in_all, most=1000 * MOST_SECONDS)


def _stages(content: IssueContent) -> list[tuple[str, Callable[[], object]]]:
    """Return the stages of compiling: premailer runs once per language, the others once per edition."""
    from django.template.loader import render_to_string

    from newsletters.editions.compile_edition import _mail, compile_edition
    from newsletters.editions.look import text_css
    from newsletters.editions.mjml import to_html
    from newsletters.editions.words.rich_text import to_mail_html

    mail, mjml = _mail(content, followed=None), compile_edition(content, followed=None).mjml
    css = text_css(content.look)
    return [
        (
            "  of it premailer, with cleaning",
            lambda: to_mail_html(content.text.intro, base_url="http://x.test", css=css),
        ),
        ("render: MJML from templates", lambda: render_to_string("newsletters/mail/issue.mjml", {"mail": mail})),
        ("MRML: HTML from MJML", lambda: to_html(mjml)),
        ("text: from templates", lambda: render_to_string("newsletters/mail/issue.txt", {"mail": mail})),
    ]


def _times(act: Callable[[], object], *, runs: int) -> list[float]:
    act()  # fills the permanent caches of Django and Wagtail
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1000)
    return times


def _print(words: str, times: list[float], *, most: float | None = None) -> None:
    verdict = "" if most is None else f"   promised: {most:g}" + ("" if median(times) < most else "  ! over")
    print(f"{words:<44}{median(times):>10.1f}{quantiles(times, n=20)[-1]:>10.1f}{verdict}", flush=True)


if __name__ == "__main__":
    main()
