"""Tags for a newsletter's pages: the path to sign up, and the issues that were sent."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Site

from cms.content.queries import public_pages
from newsletters.models import Edition, IssuePage, NewsletterPage

register = template.Library()

MOST_ISSUES = 100


@register.simple_tag
def sign_up_path(page: NewsletterPage | IssuePage) -> str:
    """Return the path to sign up in the page's language; "" if the newsletter is not written in it."""
    newsletter = page.newsletter if getattr(page, "newsletter_id", True) else None
    if newsletter is None or newsletter.text_in(page.locale) is None:
        return ""
    return reverse("newsletters:sign-up", args=[newsletter.slug, page.locale.language_code])


@register.simple_tag(takes_context=True)
def sent_in_language(context: dict[str, Any], page: NewsletterPage) -> list[Edition]:
    """Return the newsletter's public editions in the page's language, newest first, in one query."""
    site = Site.find_for_request(context["request"])
    public = public_pages(site=site, now=timezone.now()).values("pk")
    found = Edition.objects.in_archive().filter(
        dispatch__newsletter=page.newsletter_id, dispatch__issue__in=public, locale=page.locale_id
    )
    newest = found.select_related("locale", "dispatch__issue").order_by("-dispatch__issue__issue_date", "-pk")
    return list(newest.defer("html", "text", "blocks")[:MOST_ISSUES])
