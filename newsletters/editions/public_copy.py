"""The public copy of an edition that was sent: everyone may read it, and nothing in it is meant for one subscriber.

An edition is frozen as its readers got it, with a token for each personal part. The words around those tokens are for
subscribers too: the greeting, the links to their choices, why they got the mail and how to leave. The public copy has a
way to subscribe there instead, and links to more of the newsletter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bs4 import BeautifulSoup, Tag
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from wagtail.models import Site

from cms.content.queries import public_pages
from newsletters.conf import conf
from newsletters.models import Delivery, Edition, NewsletterPage
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import (
    PREFERENCES_URL,
    SALUTATION,
    UNSUBSCRIBE_URL,
    Parts,
    fill_html,
    fill_text,
    personal_parts,
)

RULE = "* * *"


@dataclass(frozen=True, kw_only=True)
class NeighbourLink:
    """An address and the text of the link to it."""

    url: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What is shown around an edition on its own page.

    `home` is the address of the newsletter's page; `languages` are the issue's addresses by language.
    """

    home: str = ""
    earlier: NeighbourLink | None = None
    later: NeighbourLink | None = None
    languages: Mapping[str, str] = field(default_factory=dict)


ALONE = Surroundings()


def edition_to_read(issue_pk: int, *, language: str) -> Edition | None:
    """Return the edition that everyone may read of an issue in this language (its code), None if none was sent.

    A correction may leave out a language that some readers already have: what they got stays readable.
    """
    editions = Edition.objects.filter(dispatch__issue=issue_pk, theme_set=None)
    editions = editions.select_related("dispatch__newsletter", "dispatch__issue", "locale")
    in_language = editions.filter(locale__language_code=language)
    edition = in_language.in_archive().first()
    if edition is None and editions.in_archive().exists():
        edition = in_language.filter(Exists(_copies())).order_by("-dispatch", "-number").first()
    return edition


def _copies() -> QuerySet[Delivery]:
    """Return the copies that were sent of an edition or of its variants by theme."""
    return Delivery.objects.filter(
        status__in=Delivery.GONE_OUT,
        edition__dispatch=OuterRef("dispatch"),
        edition__locale=OuterRef("locale"),
        edition__number=OuterRef("number"),
    )


def public_html(edition: Edition, *, surroundings: Surroundings = ALONE) -> str:
    """Return the edition's HTML for everyone, with a share card in its head."""
    soup = BeautifulSoup(edition.html, "html.parser")
    with translation.override(edition.locale.language_code):
        context = _context(edition) | {"around": surroundings, "picture": _picture(soup)}
        _drop_greeting(soup)
        footer = soup.find("a", href=UNSUBSCRIBE_URL)
        _fill(footer and footer.find_parent("div"), template="footer", context=context)
        choices = soup.find("a", href=PREFERENCES_URL)
        _fill(choices and choices.parent, template="top", context=context)
        if surroundings.languages and edition.locale.language_code not in surroundings.languages:
            _put_first(soup, template="corrected", context=context)
        _share(soup, title=edition.title, context=context)
    return fill_html(str(soup), parts=public_parts(edition))


def public_text(edition: Edition) -> str:
    """Return the edition's plain text for everyone."""
    lines = [line for line in edition.text.split("\n") if line.strip() != SALUTATION]
    last = next((at for at, line in enumerate(lines) if line.endswith(UNSUBSCRIBE_URL)), None)
    if last is not None:
        first = max((at for at, line in enumerate(lines[:last]) if line == RULE), default=last)
        with translation.override(edition.locale.language_code):
            lines[first : last + 1] = render_to_string("newsletters/online/footer.txt", _context(edition)).splitlines()
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines))
    return fill_text(text, parts=public_parts(edition))


def surroundings_of(edition: Edition, *, site: Site, now: datetime) -> Surroundings:
    """Return what is shown around the edition on this site, as far as everyone may read it now."""
    issue, newsletter = edition.dispatch.issue, edition.dispatch.newsletter
    public = public_pages(site=site, now=now)
    others = (
        Edition.objects.in_archive()
        .filter(dispatch__newsletter=newsletter, dispatch__issue__in=public.values("pk"), locale=edition.locale)
        .exclude(dispatch__issue=issue)
        .select_related("dispatch")
        .defer("html", "text", "blocks")
        .order_by("dispatch__issue__issue_date", "dispatch")
    )
    same_day = Q(dispatch__issue__issue_date=issue.issue_date)
    earlier = Q(dispatch__issue__issue_date__lt=issue.issue_date) | same_day & Q(dispatch__lt=edition.dispatch_id)
    codes = Edition.objects.in_archive().filter(dispatch__issue=issue).values_list("locale__language_code", flat=True)
    language = edition.locale.language_code
    return Surroundings(
        home=_home(public_pages(site=site, now=now, model=NewsletterPage).filter(newsletter=newsletter), edition),
        earlier=_link(others.filter(earlier).last(), language=language),
        later=_link(others.exclude(earlier).first(), language=language),
        languages={code: online_url(issue.pk, code) for code in sorted(codes)},
    )


def _home(pages: Iterable[NewsletterPage], edition: Edition) -> str:
    """Return the address of the newsletter's page in the edition's language, else in any; empty if there is none."""
    page = min(pages, key=lambda page: (page.locale_id != edition.locale_id, page.path), default=None)
    return (page.full_url or "") if page else ""


def _link(edition: Edition | None, *, language: str) -> NeighbourLink | None:
    return NeighbourLink(url=online_url(edition.dispatch.issue_id, language), title=edition.title) if edition else None


def online_url(issue_pk: int, language: str) -> str:
    """Return the full address of an issue's public copy."""
    return conf.PUBLIC_URL + reverse("newsletters:online", args=[issue_pk, language])


def _context(edition: Edition) -> dict[str, object]:
    newsletter, language = edition.dispatch.newsletter, edition.locale.language_code
    text = newsletter.text_in(edition.locale)
    sign_up = conf.PUBLIC_URL + reverse("newsletters:sign-up", args=[newsletter.slug, language])
    return {
        "edition": edition,
        "name": text.title if text else newsletter.name,
        "sign_up": sign_up if text else "",
        "url": online_url(edition.dispatch.issue_id, language),
    }


def _drop_greeting(soup: BeautifulSoup) -> None:
    for words in soup.find_all(string=re.compile(re.escape(SALUTATION))):
        holder = words.parent
        if holder and holder.name == "p" and holder.get_text(strip=True) == SALUTATION:
            holder.decompose()
        else:
            words.replace_with(words.replace(SALUTATION, ""))


def _fill(holder: Tag | None, *, template: str, context: dict[str, object]) -> None:
    """Replace what is for subscribers by what everyone may see."""
    if holder is not None:
        holder.clear()
        holder.append(_markup(template, context))


def _put_first(soup: BeautifulSoup, *, template: str, context: dict[str, object]) -> None:
    if page := soup.select_one(".page"):
        page.insert(0, _markup(template, context))


def _share(soup: BeautifulSoup, *, title: str, context: dict[str, object]) -> None:
    """Put into the head what a shared link to this page shows."""
    if soup.head is None:
        return
    if soup.title:
        soup.title.string = f"{title} · {context['name']}"
    soup.head.append(_markup("card", context))


def _markup(template: str, context: dict[str, object]) -> BeautifulSoup:
    return BeautifulSoup(render_to_string(f"newsletters/online/{template}.html", context).strip(), "html.parser")


def _picture(soup: BeautifulSoup) -> dict[str, str]:
    """Return address and text alternative of the first story's picture, as readers got it; empty without a picture."""
    for picture in soup.select(".paper img"):
        address = str(picture.get("src", ""))
        if not picture.find_parent(class_="wordmark") and address.startswith("http"):
            return {"url": address, "alt": str(picture.get("alt", ""))}
    return {}


def public_parts(edition: Edition) -> Parts:
    """Return the text for every token in the public copy."""
    language = edition.locale.language_code
    links = PersonalLinks.of_everyone(newsletter_slug=edition.dispatch.newsletter.slug, language=language)
    return personal_parts(language=language, first_name="", links=links, greeting=edition.salutation)
