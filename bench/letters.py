"""A newsletter with sent issues for the benchmarks, put into the tables without composing and sending anything."""

from __future__ import annotations

from datetime import timedelta

from wagtail.models import Locale

from bench.data import START, WORDS, add_page, insert_pages, next_page_keys
from cms.models import HomePage
from newsletters.models import Dispatch, Edition, IssuePage, Newsletter, NewsletterPage, NewsletterText

ISSUES = 30
SLUG = "letter"
LATEST_ISSUE = f"issue-{ISSUES - 1}"


def make_newsletter(home: HomePage) -> None:
    """Make a newsletter in all languages under `home`, with ISSUES issues, each sent in all of them."""
    newsletter = Newsletter.objects.create(name="The letter", slug=SLUG, sender_email="letter@hub.test")
    locales = list(Locale.objects.order_by("language_code"))
    texts = [NewsletterText(newsletter=newsletter, locale=each, title="The letter") for each in locales]
    NewsletterText.objects.bulk_create(texts)
    page = add_page(home, NewsletterPage(title="The letter", slug=SLUG, newsletter=newsletter))
    keys = next_page_keys(ISSUES)
    insert_pages(page, [_issue(key, number) for number, key in enumerate(keys)])
    dispatches = [_dispatch(newsletter, key=key, number=number) for number, key in enumerate(keys)]
    Dispatch.objects.bulk_create(dispatches)
    Edition.objects.bulk_create(_edition(each, locale) for each in dispatches for locale in locales)


def _issue(key: int, number: int) -> IssuePage:
    date = (START + timedelta(days=7 * number)).date()
    return IssuePage(id=key, title=f"Issue {number}", slug=f"issue-{number}", summary=WORDS, issue_date=date)


def _dispatch(newsletter: Newsletter, *, key: int, number: int) -> Dispatch:
    sent_at = START + timedelta(days=7 * number)
    return Dispatch(
        issue_id=key,
        newsletter=newsletter,
        key=f"bench-{number}",
        domain="hub.test",
        status=Dispatch.Status.FINISHED,
        created_at=sent_at,
        finished_at=sent_at,
    )


def _edition(dispatch: Dispatch, locale: Locale) -> Edition:
    html = f"<!doctype html><html><body><table class=paper><tr><td>{WORDS * 20}</td></tr></table></body></html>"
    return Edition(dispatch=dispatch, locale=locale, subject="News", title="News", html=html, text=WORDS * 20)
