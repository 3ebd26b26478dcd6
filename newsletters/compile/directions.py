"""Paragraphs in another script than the mail's, in rich text that is ready for it."""

from __future__ import annotations

from bs4 import BeautifulSoup

from cms.templatetags.words import runs_otherwise


def with_directions(html: str, *, direction: str) -> str:
    """Return the HTML (of `to_mail_html`), each paragraph that runs against `direction` saying so."""
    soup = BeautifulSoup(html, "html.parser")
    against = [block for block in soup.find_all(["p", "li"]) if runs_otherwise(block.get_text(), direction)]
    for block in against:
        block["dir"] = "auto"
    return str(soup) if against else html
