"""The privacy statements of newsletters: a public page of the hub or a link, for each language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from wagtail.models import Page, Site

from cms.content.queries import public_pages
from newsletters.models import NewsletterText


@dataclass(frozen=True, kw_only=True)
class PrivacyStatement:
    """Where a privacy statement is, and which version: the day its page was last published, or what staff filled in."""

    url: str
    version: str


def privacy_statements(
    texts: Iterable[NewsletterText], *, site: Site, now: datetime
) -> dict[NewsletterText, PrivacyStatement]:
    """Return the statements of those texts that have one that everybody can read on `site` now.

    The number of queries does not depend on the number of texts; links alone take none.
    """
    texts = list(texts)
    keys = {text.privacy_page_id for text in texts if text.privacy_page_id}
    pages = {page.pk: page for page in public_pages(site=site, now=now).filter(pk__in=keys)} if keys else {}
    found = {text: _statement(text, page=pages.get(text.privacy_page_id)) for text in texts}
    return {text: statement for text, statement in found.items() if statement}


def _statement(text: NewsletterText, *, page: Page | None) -> PrivacyStatement | None:
    if page and page.full_url:
        published_at = page.last_published_at or page.first_published_at
        version = f"{timezone.localdate(published_at)}" if published_at else ""
        return PrivacyStatement(url=page.full_url, version=version)
    if text.privacy_link and not text.privacy_page_id:
        return PrivacyStatement(url=text.privacy_link, version=text.privacy_version)
    return None
