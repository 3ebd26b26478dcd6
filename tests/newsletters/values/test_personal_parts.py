"""The personal parts of a mail, and that nothing else is ever taken for one."""

from __future__ import annotations

import pytest

from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import (
    PREFERENCES_URL,
    SALUTATION,
    TOKENS,
    UNSUBSCRIBE_URL,
    fill_html,
    fill_text,
    personal_parts,
    salutation,
)

LINKS = PersonalLinks(unsubscribe="https://hub.test/u?a=1&b=2", preferences="https://hub.test/p")


@pytest.mark.parametrize(
    ("first_name", "language", "hello"),
    [("Ann", "en", "Dear Ann,"), ("", "en", "Dear reader,"), ("Ann", "nl", "Beste Ann,"), ("", "nl", "Beste lezer,")],
)
def test_the_salutation_speaks_the_readers_language(first_name: str, language: str, hello: str) -> None:
    assert salutation(first_name, language=language) == hello


def test_there_are_words_for_every_token() -> None:
    parts = personal_parts(language="nl", first_name="Zoë", links=LINKS)
    assert parts == {
        SALUTATION: "Beste Zoë,",
        PREFERENCES_URL: LINKS.preferences,
        UNSUBSCRIBE_URL: LINKS.unsubscribe,
    }
    assert set(parts) == set(TOKENS)


def test_filling_replaces_every_token_and_nothing_within_a_name() -> None:
    parts = personal_parts(language="en", first_name=f"{UNSUBSCRIBE_URL}{SALUTATION}", links=LINKS)
    body = f"{SALUTATION} {UNSUBSCRIBE_URL} {PREFERENCES_URL} {UNSUBSCRIBE_URL}"
    assert fill_text(body, parts=parts) == (
        f"Dear {UNSUBSCRIBE_URL}{SALUTATION}, {LINKS.unsubscribe} {LINKS.preferences} {LINKS.unsubscribe}"
    )


def test_words_are_escaped_in_html_and_as_they_are_in_text() -> None:
    parts = personal_parts(language="en", first_name='<b>"&', links=LINKS)
    assert fill_html(f'{SALUTATION}<a href="{UNSUBSCRIBE_URL}">', parts=parts) == (
        'Dear &lt;b&gt;&quot;&amp;,<a href="https://hub.test/u?a=1&amp;b=2">'
    )
    assert fill_text(f"{SALUTATION}<{UNSUBSCRIBE_URL}>", parts=parts) == f'Dear <b>"&,<{LINKS.unsubscribe}>'
