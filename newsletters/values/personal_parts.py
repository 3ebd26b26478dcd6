"""What stands in one copy of a mail for each personal token: the one place that says so, and that fills tokens in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape

from django.urls import reverse

from newsletters.conf import conf
from newsletters.editions.template_values import PREFERENCES_URL, SALUTATION, UNSUBSCRIBE_URL
from newsletters.models import Edition
from newsletters.values.greeting import Greeting
from newsletters.values.personal_links import Purpose, make_token

Parts = Mapping[str, str]  # token -> the words that stand for it, unescaped

TOKENS = (SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL)
_ANY_TOKEN = re.compile("|".join(map(re.escape, TOKENS)))


_A_TOKEN = "A-TOKEN"  # noqa: S105


@cache
def _path(name: str) -> str:
    """Return the path of a personal page with a token of nobody: asking Django for each reader's takes too long."""
    return reverse(name, args=[_A_TOKEN])


@dataclass(frozen=True, kw_only=True)
class PersonalLinks:
    """Where one subscriber leaves or changes the subscription."""

    unsubscribe: str
    preferences: str

    @classmethod
    def of(cls, subscription_pk: int) -> PersonalLinks:
        """Return the links of this subscription."""
        unsubscribe = make_token(Purpose.UNSUBSCRIBE, subscription_pk=subscription_pk)
        preferences = make_token(Purpose.PREFERENCES, subscription_pk=subscription_pk)
        return cls(
            unsubscribe=conf.PUBLIC_URL + _path("newsletters:unsubscribe").replace(_A_TOKEN, unsubscribe),
            preferences=conf.PUBLIC_URL + _path("newsletters:preferences").replace(_A_TOKEN, preferences),
        )

    @classmethod
    def of_everyone(cls, *, newsletter_slug: str, language: str) -> PersonalLinks:
        """Return what stands in a public copy: the way to sign up, and what says where a reader can leave."""
        sign_up = conf.PUBLIC_URL + reverse("newsletters:sign-up", args=[newsletter_slug, language])
        return cls(unsubscribe=f"{sign_up}#leave", preferences=sign_up)

    @classmethod
    def of_a_test(cls, *, language: str) -> PersonalLinks:
        """Return what stands in previews and tests: a page that says so and changes nothing."""
        page = conf.PUBLIC_URL + reverse("newsletters:test-link", args=[language])
        return cls(unsubscribe=page, preferences=page)


USUAL_GREETING = Greeting()


def personal_parts(
    *, language: str, first_name: str, links: PersonalLinks, greeting: Greeting = USUAL_GREETING
) -> Parts:
    """Return the words for every token in the copy of someone with this first name; none greets the reader."""
    return {
        SALUTATION: greeting.to(first_name, language=language),
        PREFERENCES_URL: links.preferences,
        UNSUBSCRIBE_URL: links.unsubscribe,
    }


def public_parts(edition: Edition) -> Parts:
    """Return the words for every token in everyone's copy."""
    language = edition.locale.language_code
    links = PersonalLinks.of_everyone(newsletter_slug=edition.dispatch.newsletter.slug, language=language)
    return personal_parts(language=language, first_name="", links=links, greeting=edition.salutation)


def fill_text(body: str, *, parts: Parts) -> str:
    """Return a plain text with its tokens filled in; what looks like a token within the words stays as it is."""
    return _ANY_TOKEN.sub(lambda found: parts[found[0]], body)


def fill_html(body: str, *, parts: Parts) -> str:
    """Return HTML with its tokens filled in; here the words are escaped, quotation marks too."""
    return fill_text(body, parts={token: escape(words) for token, words in parts.items()})


def salutation(first_name: str, *, language: str) -> str:
    """Return how a letter in this language usually begins; without a name it greets the reader."""
    return USUAL_GREETING.to(first_name, language=language)
