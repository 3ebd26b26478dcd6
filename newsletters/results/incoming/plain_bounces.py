"""Read the bounces of servers that do not keep to RFC 3464, by their words: flufl.bounce knows many of them."""

from __future__ import annotations

import logging
import re
from email.message import Message

from flufl.bounce import all_failures

from newsletters.results.incoming.bounces import recipient_of
from newsletters.results.incoming.kinds import Action, Recipient
from newsletters.results.incoming.parsing import Mail, header, headers, own_parts, text_of

MOST_LINES = 400
MOST_LINE = 300  # characters; the library's patterns take quadratic time on long lines
MOST_RECIPIENTS = 20
LINES_ABOUT = 8  # that follow an address and say what is wrong with it

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs 17 lines about each mail

_DAEMON = re.compile(r"(?:^|[<\s])(?:mailer[-_]?daemon|mail[-_]?daemon|postmaster|mmdf|mdaemon)(?:@|>|\s|$)", re.I)
_BLANK = re.compile(r"\s*(?:-{3,}.*)?")


def is_from_a_server(mail: Mail) -> bool:
    """Say whether a mail server wrote this, as far as the mail says so."""
    return bool(_DAEMON.search(header(mail, "From"))) or "X-Failed-Recipients" in mail


def has_no_sender(mail: Mail) -> bool:
    """Say whether nobody can answer it: bounces and other automatic mails have an empty return path (RFC 5321)."""
    return header(mail, "Return-Path") == "<>"


def described_recipients(mail: Mail) -> list[Recipient]:
    """Return the recipients that a bounce describes in words."""
    lines = [line[:MOST_LINE] for part in _texts(mail) for line in text_of(part).splitlines()[:MOST_LINES]]
    try:
        delayed, failed = all_failures(_plainly(mail))
    except Exception:  # its detectors raise many kinds
        return []
    actions = dict.fromkeys(delayed, Action.DELAYED) | dict.fromkeys(failed, Action.FAILED)
    return [
        _recipient(address.decode("ascii", "replace"), action=action, lines=lines)
        for address, action in sorted(actions.items())[:MOST_RECIPIENTS]
    ]


def _recipient(address: str, *, action: Action, lines: list[str]) -> Recipient:
    words = " ".join(_lines_about(address, lines))
    return recipient_of(address=address, action=action, status="", diagnostic=words)


def _lines_about(address: str, lines: list[str]) -> list[str]:
    """Return the paragraph that begins with the address, or else has it; the next one too if that is all of it."""
    wanted = address.lower()
    having = [index for index, line in enumerate(lines) if wanted in line.lower()]
    start = next((index for index in having if lines[index].lower().lstrip(" <").startswith(wanted)), None)
    if start is None and having:
        start = having[0]
    if start is None:
        return []
    found = [lines[start].strip(" <>:")]
    for line in lines[start + 1 : start + 1 + LINES_ABOUT]:
        if _BLANK.fullmatch(line):
            if len(found) > 1:
                break
            continue
        found.append(line.strip())
    return found


def _texts(mail: Mail) -> list[Mail]:
    return [part for part in own_parts(mail) if part.get_content_maintype() == "text"][:2]


def _plainly(mail: Mail) -> Mail:
    """Return the mail as the library likes it: no encodings, short lines, and nothing of the mail that came back."""
    plain: Mail = Message()
    for name in ("From", "Subject", "X-Failed-Recipients", "Auto-Submitted"):
        for value in headers(mail, name):
            plain[name] = value
    parts: list[Mail | str] = [_plain_part(part) for part in _texts(mail)]
    kind = mail.get_content_type() if mail.is_multipart() else ""
    if not kind.startswith("multipart/"):
        plain.set_payload(_short_lines(mail))
        return plain
    plain["Content-Type"] = kind
    plain.set_payload(parts)
    return plain


def _plain_part(part: Mail) -> Mail:
    plain: Mail = Message()
    plain["Content-Type"] = part.get_content_type()
    plain["Content-Description"] = header(part, "Content-Description")
    plain.set_payload(_short_lines(part))
    return plain


def _short_lines(part: Mail) -> str:
    return "\n".join(line[:MOST_LINE] for line in text_of(part).splitlines()[:MOST_LINES])
