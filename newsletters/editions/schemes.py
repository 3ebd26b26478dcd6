"""Show a mail in one colour scheme, whatever the scheme of the viewer's own device; for previews only."""

import re

_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)")


def in_scheme(html: str, *, dark: bool) -> str:
    """Return the mail as a client in this scheme shows it; links open in a new tab."""
    scheme = "dark" if dark else "light"
    fixed = _QUERY.sub("all" if dark else "not all", html)
    fixed = fixed.replace("color-scheme: light dark;", f"color-scheme: {scheme};")
    fixed = fixed.replace('name="color-scheme" content="light dark"', f'name="color-scheme" content="{scheme}"')
    return fixed.replace("<head>", '<head><base target="_blank">', 1)
