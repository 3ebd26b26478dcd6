"""The personal parts of a mail: the text for each token in one copy, and how tokens are filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from newsletters.values.greeting import NOBODY, Greeting
from newsletters.values.personal_links import PersonalLinks

Parts = Mapping[str, str]  # token -> its text, unescaped

# Personal parts are tokens in the compiled mail and are filled in for each delivery.
SALUTATION = "%%salutation%%"
PREFERENCES_URL = "%%preferences_url%%"
UNSUBSCRIBE_URL = "%%unsubscribe_url%%"
TOKENS = (SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL)
_ANY_TOKEN = re.compile("|".join(map(re.escape, TOKENS)))
USUAL_GREETING = Greeting()


def personal_parts(
    *,
    language: str,
    first_name: str,
    links: PersonalLinks,
    greeting: Greeting = USUAL_GREETING,
    own_words: Mapping[str, str] = NOBODY,
) -> Parts:
    """Return the text for every token in the copy of a reader with this first name, which may be empty."""
    return {
        SALUTATION: greeting.to(first_name, language=language, own_words=own_words),
        PREFERENCES_URL: links.preferences,
        UNSUBSCRIBE_URL: links.unsubscribe,
    }


def fill_text(body: str, *, parts: Parts) -> str:
    """Return a plain text with its tokens filled in; a token within the filled-in text stays as it is."""
    return _ANY_TOKEN.sub(lambda found: parts[found[0]], body)


def fill_html(body: str, *, parts: Parts) -> str:
    """Return HTML with its tokens filled in; the text is escaped here, including quotation marks."""
    return fill_text(body, parts={token: escape(words) for token, words in parts.items()})


def salutation(first_name: str, *, language: str) -> str:
    """Return how a letter in this language usually begins, for a reader with or without a first name."""
    return USUAL_GREETING.to(first_name, language=language)
