"""Let every paragraph of rich text run in the direction of its first letter, whatever the mail's language."""

from __future__ import annotations

from bs4 import BeautifulSoup


def with_directions(html: str) -> str:
    """Return the HTML (of `to_mail_html`) in which every paragraph and list item detects its own direction."""
    soup = BeautifulSoup(html, "html.parser")
    for block in soup.find_all(["p", "li"]):
        block["dir"] = "auto"
    return str(soup)
