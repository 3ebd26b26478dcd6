"""Sent issues for readers that know no mails: feeds, Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bs4 import BeautifulSoup
from django.db.models import Q, QuerySet

from cms.api.plain_html import plain_html
from cms.plugins import FeedText
from newsletters.conf import conf
from newsletters.editions.public_copy import public_html
from newsletters.models import Edition, IssuePage

# Classes of the templates in newsletters/mail: the sheet of paper holds the stories. An activity's day beside
# its time, the sender's name and the date repeat what is told elsewhere.
NOT_TOLD = "[aria-hidden=true], .wordmark, .date, h1"
LINKED_PICTURES = "a[aria-hidden=true]"  # doubles of the link beneath


def sent_in(language: str) -> Q:
    """Return which issues were sent in this language (its code), whatever the language of their pages."""
    return Q(pk__in=_sent(language).values("dispatch__issue"))


def issue_texts(pages: Sequence[IssuePage], language: str) -> dict[int, FeedText]:
    """Return what a feed tells of these issues: their words in the mail with every story, by the pages' keys."""
    editions = _sent(language).filter(dispatch__issue__in=pages).select_related("locale", "dispatch__newsletter")
    editions = editions.prefetch_related("dispatch__newsletter__texts")
    return {
        edition.dispatch.issue_id: FeedText(
            title=edition.title,
            summary=edition.preheader,
            html=mail_as_article(public_html(edition)),
        )
        for edition in editions
    }


def mail_as_article(html: str) -> str:
    """Return what a mail free of personal tokens tells: its words, links and pictures, without layout and title.

    What is about the mail itself goes (where to read it online, why it came, how to unsubscribe).
    """
    soup = BeautifulSoup(html, "html.parser")
    for each in soup.select(LINKED_PICTURES):
        each.unwrap()
    for each in soup.select(NOT_TOLD):
        each.decompose()
    told = [each for each in soup.select(".paper") if each.find_parent(class_="paper") is None]
    return plain_html("".join(str(each) for each in told or [soup]), base=conf.PUBLIC_URL)


def _sent(language: str) -> QuerySet[Edition]:
    return Edition.objects.in_archive().filter(locale__language_code=language)
