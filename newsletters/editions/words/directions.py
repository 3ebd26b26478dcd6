"""Paragraphs of rich text run as the script of their first letter does, whatever the mail's language."""

from __future__ import annotations

from bs4 import BeautifulSoup


def with_directions(html: str) -> str:
    """Return the HTML (of `to_mail_html`) with each paragraph and list item finding out its own direction."""
    soup = BeautifulSoup(html, "html.parser")
    for block in soup.find_all(["p", "li"]):
        block["dir"] = "auto"
    return str(soup)
