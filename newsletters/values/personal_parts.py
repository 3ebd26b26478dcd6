"""What stands in one copy of a mail for each personal token: the one place that says so, and that fills tokens in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from newsletters.values.greeting import Greeting
from newsletters.values.personal_links import PersonalLinks

Parts = Mapping[str, str]  # token -> the words that stand for it, unescaped

# Personal parts stand in the compiled mail as tokens and are filled in for each delivery.
SALUTATION = "%%salutation%%"
PREFERENCES_URL = "%%preferences_url%%"
UNSUBSCRIBE_URL = "%%unsubscribe_url%%"
TOKENS = (SALUTATION, PREFERENCES_URL, UNSUBSCRIBE_URL)
_ANY_TOKEN = re.compile("|".join(map(re.escape, TOKENS)))
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


def fill_text(body: str, *, parts: Parts) -> str:
    """Return a plain text with its tokens filled in; what looks like a token within the words stays as it is."""
    return _ANY_TOKEN.sub(lambda found: parts[found[0]], body)


def fill_html(body: str, *, parts: Parts) -> str:
    """Return HTML with its tokens filled in; here the words are escaped, quotation marks too."""
    return fill_text(body, parts={token: escape(words) for token, words in parts.items()})


def salutation(first_name: str, *, language: str) -> str:
    """Return how a letter in this language usually begins; without a name it greets the reader."""
    return USUAL_GREETING.to(first_name, language=language)
