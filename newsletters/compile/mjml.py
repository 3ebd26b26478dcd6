"""The one seam to the MJML compiler; another compiler would replace this module."""

import mjml

from newsletters.exceptions import IssueProblem


def to_html(source: str) -> str:
    """Return the HTML for an MJML document; raise IssueProblem if it is not well-formed.

    No web fonts are linked: a mail loads from our own hosts only. Neighbouring comments for Outlook are joined, as
    the official compiler does; it saves some kilobytes.
    """
    try:
        return mjml.mjml2html(source, fonts={}).replace("<![endif]--><!--[if mso | IE]>", "")
    except ValueError as error:
        raise IssueProblem(f"MJML: {error}") from error
