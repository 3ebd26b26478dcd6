"""The words of links: somebody who hears only the links of a mail should know where each of them leads."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from cms.plugins.issue_checks import Finding, IssueToCheck, LinkToCheck, MailToCheck

# In the languages of our newsletters; compared without case and punctuation.
VAGUE = frozenset(
    {
        *("click", "click here", "click this link", "continue", "continue reading", "details", "find out more"),
        *("go", "here", "info", "learn more", "link", "more", "more info", "more information", "read", "read more"),
        *("read on", "see more", "the link", "this", "this link", "this page", "website", "the website"),
        *("bekijk", "deze link", "deze pagina", "de link", "ga verder", "hier", "informatie", "kijk hier"),
        *("klik", "klik hier", "lees", "lees hier", "lees hier meer", "lees meer", "lees verder", "meer"),
        *("meer info", "meer informatie", "meer lezen", "verder", "verder lezen", "via deze link", "de website"),
    }
)
ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
EDGES = re.compile(r"^[\W_]+|[\W_]+$")


def check_link_words(issue: IssueToCheck) -> Iterator[Finding]:
    """Find links without words, links whose words say nothing, and words that lead to several places."""
    for mail in issue.mails:
        seen: set[tuple[str, str]] = set()
        for link in (link for link in mail.links if not link.is_double):
            words = _plain(link.text)
            if (words, link.url) not in seen:
                seen.add((words, link.url))
                yield from _words(link, words, mail=mail)
        yield from _same_words(mail)


def _plain(text: str) -> str:
    return EDGES.sub("", " ".join(text.split()).casefold())


def _words(link: LinkToCheck, words: str, *, mail: MailToCheck) -> Iterator[Finding]:
    if not words:
        yield _finding(
            "link-empty",
            "error",
            _("A link to %(url)s has no words.") % {"url": link.url},
            _("Write where it leads, or remove the link."),
            link=link,
            mail=mail,
        )
    elif words in VAGUE:
        yield _finding(
            "link-vague",
            "warning",
            _("The link “%(text)s” does not say where it leads.") % {"text": link.text},
            _("Say it in the link’s own words, such as “Read how partners share open data”."),
            link=link,
            mail=mail,
        )
    elif ADDRESS.fullmatch(link.text.strip()):
        yield _finding(
            "link-bare",
            "warning",
            _("A link shows its bare address, %(url)s.") % {"url": link.text.strip()},
            _("Put the link on words that say where it leads; screen readers spell out addresses."),
            link=link,
            mail=mail,
        )


def _same_words(mail: MailToCheck) -> Iterator[Finding]:
    targets: dict[str, dict[str, LinkToCheck]] = {}
    for link in (link for link in mail.links if not link.is_double):
        targets.setdefault(_plain(link.text), {}).setdefault(link.url, link)
    for words, links in targets.items():
        if words and words not in VAGUE and len(links) > 1:
            last = list(links.values())[-1]
            yield _finding(
                "link-ambiguous",
                "warning",
                _("The link “%(text)s” leads to %(count)s different places.")
                % {"text": last.text, "count": len(links)},
                _("Give each link its own words."),
                link=last,
                mail=mail,
            )


def _finding(code: str, level: str, message: str, mend: str, *, link: LinkToCheck, mail: MailToCheck) -> Finding:
    return Finding(
        code=code,
        level="error" if level == "error" else "warning",
        message=message,
        mend=mend,
        place=link.place,
        language=mail.language,
    )
