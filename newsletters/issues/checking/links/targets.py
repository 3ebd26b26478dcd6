"""Where links lead: to something that readers can open, over https, and not to pages for staff."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from cms.plugins.issue_checks import Finding, IssueToCheck, Level, LinkToCheck

WITHOUT_PAGE = frozenset({"mailto", "tel", "sms"})
INNER_NAMES = (".internal", ".intranet", ".lan", ".local", ".localdomain", ".localhost")
OTHERS_PREVIEWS = ("/wp-admin/", "preview=true", "preview_id=")


def check_link_targets(issue: IssueToCheck) -> Iterator[Finding]:
    """Find links that cannot work in a mail, that are known to be dead, or that lead to pages for staff."""
    for mail in issue.mails:
        for link in {link.url: link for link in reversed(mail.links)}.values():
            state = issue.links.get(link.url)
            known = f"link-{state.status}" if state and state.status not in {"fine", "unknown"} else ""
            if code := fault_of(link.url, own_hosts=issue.own_hosts) or known:
                yield _finding(code, link, detail=state.detail if state else "", language=mail.language)
    yield from _own_without_https(issue)


def fault_of(url: str, *, own_hosts: Collection[str]) -> str:
    """Return the code of what is wrong with the address itself, "" if nothing is."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "link-broken"
    if parts.scheme in WITHOUT_PAGE or (parts.netloc and parts.netloc in own_hosts):
        return ""
    host, is_web = parts.hostname or "", parts.scheme in {"http", "https"}
    faults = {
        "link-lost": not url,
        "link-relative": not parts.scheme,
        "link-scheme": parts.scheme and not is_web,
        "link-broken": is_web and not host,
        "link-staff": is_web and (_is_inner(host) or any(sign in url for sign in OTHERS_PREVIEWS)),
        "link-http": parts.scheme == "http",
    }
    return next((code for code, holds in faults.items() if holds), "")


def _is_inner(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(INNER_NAMES)


def _finding(code: str, link: LinkToCheck, *, detail: str, language: str) -> Finding:
    level, message, mend = _words(code)
    return Finding(
        code=code,
        level=level,
        message=message % {"url": link.url, "text": link.text, "detail": detail},
        mend=mend,
        place=link.place,
        language=language,
    )


def _words(code: str) -> tuple[Level, str, str]:
    words: dict[str, tuple[Level, str, str]] = {
        "link-broken": ("error", _("“%(url)s” is not an address."), _("Correct it.")),
        "link-lost": (
            "error",
            _("The link “%(text)s” has no address."),
            _("Choose where it leads, or remove the link."),
        ),
        "link-relative": (
            "error",
            _("The link “%(text)s” leads to “%(url)s”, which means nothing in a mail."),
            _("Write the whole address, with https:// and the host, or choose the page."),
        ),
        "link-scheme": ("error", _("Mail programs do not open “%(url)s”."), _("Use an https address.")),
        "link-http": (
            "warning",
            _("The link to %(url)s is not encrypted."),
            _("Write https:// instead of http://, if the site answers there."),
        ),
        "link-staff": (
            "error",
            _("The link to %(url)s leads behind the scenes: to a preview, the admin or an internal network."),
            _("Link to the public page."),
        ),
        "link-private": (
            "error",
            _("The link to %(url)s leads to a page or a document that readers cannot see."),
            _("Let everyone see it, or link to another one."),
        ),
        "link-dead": (
            "error",
            _("The link to %(url)s is dead: %(detail)s."),
            _("Find the new address, or remove the link."),
        ),
        "link-doubtful": (
            "warning",
            _("The link to %(url)s may not work: %(detail)s."),
            _("Open it yourself. If it works for you, leave it."),
        ),
    }
    return words[code]


def _own_without_https(issue: IssueToCheck) -> Iterator[Finding]:
    """Yield one finding for all our own links: their scheme is a setting, not an editor's choice."""
    links = (link.url for mail in issue.mails for link in mail.links if link.url.startswith("http://"))
    plain = next((url for url in links if urlsplit(url).netloc in issue.own_hosts), None)
    if plain and issue.is_served_by_https:
        yield Finding(
            code="link-http-own",
            level="warning",
            message=_("Links to our own pages are not encrypted, such as %(url)s.") % {"url": plain},
            mend=_("An administrator can set the site’s port to 443 under Settings → Sites."),
        )
