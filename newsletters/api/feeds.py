"""Sent issues in formats other than mail: feeds and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bs4 import BeautifulSoup
from django.db.models import Q, QuerySet

from cms.api.plain_html import plain_html
from cms.plugins import FeedText
from newsletters.conf import conf
from newsletters.editions.public_copy import public_html
from newsletters.models import Edition, IssuePage

# Selectors for the templates in newsletters/mail. `.paper` holds the stories. What is repeated is left out: the large
# day of an activity, the sender's name, the date and the title.
REPEATED = "[aria-hidden=true], .wordmark, .date, h1"
LINKED_PICTURES = "a[aria-hidden=true]"  # they duplicate the link below them


def sent_in(language: str) -> Q:
    """Return the condition that an issue was sent in this language (its code), whatever its page's language."""
    return Q(pk__in=_sent(language).values("dispatch__issue"))


def issue_texts(pages: Sequence[IssuePage], language: str) -> dict[int, FeedText]:
    """Return what a feed says about these issues, from the mail with every story, by the pages' keys."""
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
    """Return the content of a mail without personal tokens: text, links and pictures, without layout and title.

    Text about the mail itself is left out (where to read it online, why it was sent, how to unsubscribe).
    """
    soup = BeautifulSoup(html, "html.parser")
    for link in soup.select(LINKED_PICTURES):
        link.unwrap()
    for repeated in soup.select(REPEATED):
        repeated.decompose()
    papers = [paper for paper in soup.select(".paper") if paper.find_parent(class_="paper") is None]
    return plain_html("".join(str(part) for part in papers or [soup]), base=conf.PUBLIC_URL)


def _sent(language: str) -> QuerySet[Edition]:
    return Edition.objects.in_archive().filter(locale__language_code=language)
