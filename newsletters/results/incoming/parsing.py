"""Parse a mail from anybody in bounded time: its beginning, with short lines and headers, not deeply nested.

Each limit stops something that takes the email package minutes: it compares each line with the boundaries of all the
parts around it, splits a header's parameters in quadratic time, and makes a message of each blank line of a report.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from html import unescape
from itertools import islice
from typing import TypeAlias

import nh3

from cms.values.mail_headers import header_words

MOST_BYTES = 256 * 1024  # a report is followed by the mail that it is about; of that we read the headers
MOST_LINES = 10_000
MOST_LINE = 1000  # bytes (RFC 5322, section 2.1.1)
MOST_HEADER = 2000  # characters
MOST_NESTED = 30  # parts that hold other parts
MOST_PARTS = 100
MOST_TEXT = 64 * 1024  # characters of a part
MOST_BLOCKS = 100  # of headers in a part

Mail: TypeAlias = "Message[str, str]"

# Nothing is nested without one of these; the email package knows no other way to write them.
_NESTING = re.compile(rb"boundary[\s*0-9]*=|content-type:\s*message/", re.IGNORECASE)
_LINE_ENDS = re.compile(r"</(?:p|div|li|tr|h[1-6]|blockquote)\b|<br\b", re.IGNORECASE)  # of HTML
_BLANK_LINES = re.compile(r"\n[ \t\r]*\n")
# Codecs for text in mails. Others are slow on purpose-made text ("punycode") or decode something else.
_CHARSET = re.compile(r"iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|gbk|gb2312|gb18030|big5|euc-(?:jp|kr)|shift_jis")


class TooNested(Exception):
    """A mail with more parts within parts than MOST_NESTED."""


class _Policy(Compat32):
    """The most tolerant policy, with short headers that are always text."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MOST_HEADER]

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - named by the email package
        return value.encode("ascii", "surrogateescape").decode("utf-8", "replace")


_PARSER = BytesParser(policy=_Policy())


def parse(raw: bytes, *, most_bytes: int = MOST_BYTES, most_line: int = MOST_LINE) -> Mail:
    """Return the beginning of a mail; raise TooNested."""
    lines = raw[:most_bytes].replace(b"\r\n", b"\n").split(b"\n", MOST_LINES)[:MOST_LINES]
    beginning = b"\n".join([line[:most_line] for line in lines])
    if sum(1 for _ in islice(_NESTING.finditer(beginning), MOST_NESTED + 1)) > MOST_NESTED:
        raise TooNested
    return _PARSER.parsebytes(beginning)


def own_parts(mail: Mail) -> list[Mail]:
    """Return the parts of a mail that hold no parts, and those that hold another mail: not that mail's parts."""
    return list(islice(_own_parts(mail), MOST_PARTS))


def _own_parts(mail: Mail) -> Iterator[Mail]:
    children = mail.get_payload()
    if mail.get_content_maintype() != "multipart" or not isinstance(children, list):
        yield mail
        return
    for child in children:
        if isinstance(child, Message):
            yield from _own_parts(child)


def within(part: Mail) -> list[Mail]:
    """Return what a part of the type `message` holds, though it may be encoded: blocks of headers, or a mail first.

    The email package does not decode such parts, as no encoding is allowed in most (RFC 2046, section 5.2.1).
    """
    blocks: list[Mail] = []
    children = part.get_payload()
    for child in islice(children if isinstance(children, list) else [part], MOST_BLOCKS):
        if not isinstance(child, Message):
            continue
        if child is not part and child.items():
            blocks.append(child)
        blocks += _blocks(_decoded(child, again="" if child is part else _encoding(part)))
    return blocks[:MOST_BLOCKS]


def headers_in(text: str) -> Mail:
    """Return the headers that a text begins with."""
    return _PARSER.parsebytes(text[:MOST_TEXT].encode("utf-8", "replace"), headersonly=True)


def text_of(part: Mail, *, has_quotes: bool = True) -> str:
    """Return a part's text in Unicode, of an HTML part without its tags, and without its quotations if so wished."""
    payload = _decoded(part)
    if part.get_content_subtype() != "html":
        return payload
    dropped = {"script", "style"} if has_quotes else {"script", "style", "blockquote"}
    payload = _LINE_ENDS.sub(r"\n\g<0>", payload)
    return unescape(nh3.clean(payload, tags=set(), attributes={}, clean_content_tags=dropped))[:MOST_TEXT]


def words_of(mail: Mail, *, has_quotes: bool = True) -> str:
    """Return the text of a mail's first text part, the plain one if there is one; without control characters."""
    texts = [part for part in own_parts(mail) if part.get_content_maintype() == "text"]
    texts.sort(key=lambda part: part.get_content_subtype() != "plain")
    lines = text_of(texts[0], has_quotes=has_quotes).splitlines() if texts else []
    return "\n".join(header_words(line) for line in lines).strip()


def header(mail: Mail, name: str) -> str:
    """Return a header on one line; empty if there is none."""
    return header_words(str(mail.get(name, "")))


def readable_header(mail: Mail, name: str) -> str:
    """Return a header with its encoded words decoded (RFC 2047)."""
    try:
        return header_words(str(make_header(decode_header(header(mail, name)))))
    except (MessageError, UnicodeError, LookupError, ValueError):
        return header(mail, name)


def headers(mail: Mail, *names: str, most: int = 10) -> list[str]:
    """Return the headers of these names, the first names first."""
    return [header_words(str(value)) for name in names for value in islice(mail.get_all(name, []), most)]


def _encoding(part: Mail) -> str:
    return str(part.get("Content-Transfer-Encoding", "")).strip().lower()


def _decoded(part: Mail, *, again: str = "") -> str:
    """Return a part's text in Unicode; if it is within an encoded part, `again` is that part's encoding."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    if again in {"base64", "quoted-printable"} and "Content-Transfer-Encoding" not in part:
        bare: Mail = Message()
        bare["Content-Transfer-Encoding"] = again
        bare.set_payload(data.decode("ascii", "replace"))
        data = bare.get_payload(decode=True)
    return _unicode(data, charset=str(part.get_content_charset("") or "")) if isinstance(data, bytes) else ""


def _unicode(data: bytes, *, charset: str) -> str:
    for codec in ("utf-8", charset if _CHARSET.fullmatch(charset) else "utf-8"):
        try:
            return getincrementaldecoder(codec)().decode(data[:MOST_TEXT])  # which ignores half a character at the end
        except (UnicodeError, LookupError):
            continue
    return data[:MOST_TEXT].decode("latin-1")


def _blocks(text: str) -> list[Mail]:
    chunks = _BLANK_LINES.split(text.replace("\r\n", "\n").strip(), maxsplit=MOST_BLOCKS)[:MOST_BLOCKS]
    return [block for block in map(headers_in, chunks) if block.items()]
