"""What is written into a header arrives, letter for letter, however Python folds it.

The judge is a small decoder of RFC 2047 and RFC 5322, written here from the RFCs: Python's own forgives what others
do not, and changes from version to version.
"""

from __future__ import annotations

import quopri
import re
from base64 import b64decode
from email import message_from_bytes
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cms.values.mail_headers import POLICY, header_words

# Section 2: the characters of an encoded word; section 5 (3) allows fewer in a phrase; we require that everywhere.
ENCODED = re.compile(r"=\?utf-8\?([bq])\?([A-Za-z0-9!*+/=_-]+)\?=")
SPACES = "[ \t]+"

REAL = [
    "Interview: Zoë en Daniëlle over ‘anders organiseren’",
    "Dialoog met Chloé en André over ‘anders organiseren’",
    "Uitnodiging: ‘Anders organiseren’ – 3 december, 14.00 uur – Den Haag, met Zoë, Chloé en André (vol = vol)",
    "=?utf-8?q?x?=",
    "=?utf-8?q?x=0ABcc:_eve@evil.example?= and more",
    "é =?utf-8?b?eA==?= é",
    "A word of " + "ASCII" * 40 + " in between",
    "x" * 1200,
    "two  spaces,   three",
    "14.00\u00a0uur «\u202fbien\u202f»",
    "👩‍👩‍👧‍👦👩🏽‍🌾 🇳🇱🇧🇪 ❤️ re\u0301sume\u0301",
    "مرحبًا بكم في النشرة الإخبارية لشهر نوفمبر ودعوة إلى الاجتماع",
    "नमस्ते दुनिया, यह एक लंबा विषय है जिसे मोड़ना पड़ता है",
    "a" + "\u0301" * 80,
    'Ann (the first), "the" boss; <a@b> \\ [x]: y.z@w',
    "",
]
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)
parts = ["Zoë,", "‘anders’", "organiseren", "–", "één", "(vol", "=?", "?=", "_", '"', "\\", ".", ""]
dutch = st.lists(st.sampled_from(parts), max_size=30)
subjects = words | dutch.map(" ".join)


def with_real(function: Any) -> Any:
    for one in REAL:
        function = example(one)(function)
    return function


def lines_of(raw: bytes, name: str) -> list[str]:
    """Return the lines of a header as they are sent, without their line ends."""
    (found,) = re.findall(rf"(?m)^{name}:.*\r\n(?:[ \t].*\r\n)*", raw.decode("ascii"))
    return found.removesuffix("\r\n").split("\r\n")


def require_lines(lines: list[str]) -> None:
    """Assert that no line is over 76 characters, blank, or has an invalid encoded word (RFC 2047, sections 2 and 5)."""
    for line in lines:
        assert len(line) <= 76, line
        assert line.strip(), lines
        assert "?==?" not in line
    for word in re.split(SPACES, " ".join(lines)):
        if word.startswith("=?"):
            assert ENCODED.fullmatch(word), word
            assert len(word) <= 75


def decoded_word(word: str) -> str:
    kind, data = ENCODED.fullmatch(word).groups()  # type: ignore[union-attr]
    octets = b64decode(data, validate=True) if kind == "b" else quopri.decodestring(data.encode(), header=True)
    return octets.decode("utf-8")  # each word alone: section 5 asks for whole characters


def read_words(text: str) -> str:
    """Return the words of an unstructured header; white space between two encoded words is ignored (section 6.2)."""
    shown, was_encoded = "", False
    for space, word in re.findall(r"([ \t]*)([^ \t]+)", text):
        is_encoded = bool(ENCODED.fullmatch(word))
        shown += ("" if is_encoded and was_encoded else space) + (decoded_word(word) if is_encoded else word)
        was_encoded = is_encoded
    return shown


def read_mailboxes(text: str) -> list[tuple[str, str]]:
    """Return names and addresses (RFC 5322, section 3.4), as far as our own headers use its grammar."""
    found, rest = [], text.strip()
    while rest:
        quoted = re.match(r'"((?:[^"\\]|\\.)*)" <([^<>]+)>(?:, ?)?', rest)
        phrase = re.match(r'([^"<>,]+) <([^<>]+)>(?:, ?)?', rest)
        bare = re.match(r"([^ ,<>]+)(?:, ?)?", rest)
        if quoted:
            found.append((re.sub(r"\\(.)", r"\1", quoted[1]), quoted[2]))
        elif phrase:
            found.append((read_words(phrase[1]), phrase[2]))
        else:
            assert bare, rest
            found.append(("", bare[1]))
        rest = rest[(quoted or phrase or bare).end() :]  # type: ignore[union-attr]
    return found


def written(name: str, value: Any) -> list[str]:
    message = EmailMessage(policy=POLICY)
    message[name] = value
    assert str(message[name]) == str(value) or not isinstance(value, str)
    return lines_of(message.as_bytes(), name)


def unfolded(lines: list[str]) -> str:
    return "".join(lines).partition(":")[2].removeprefix(" ")


@settings(deadline=None, max_examples=80)
@with_real
@given(subjects)
@pytest.mark.parametrize("name", ["Subject", "Comments"])
def test_free_words_arrive_as_they_were_written(name: str, text: str) -> None:
    lines = written(name, header_words(text))
    if lines != [f"{name}: "]:
        require_lines(lines)
    assert read_words(unfolded(lines)) == header_words(text)


@settings(deadline=None, max_examples=80)
@with_real
@given(subjects)
@pytest.mark.parametrize("name", ["From", "Sender", "Reply-To"])
def test_display_names_arrive_as_they_were_written(name: str, text: str) -> None:
    words = header_words(text)
    lines = written(name, Address(display_name=words, addr_spec="ann@example.org"))
    require_lines(lines)
    assert read_mailboxes(unfolded(lines)) == [(words, "ann@example.org")]


@settings(deadline=None, max_examples=60)
@given(st.lists(words.map(header_words), min_size=2, max_size=4))
def test_several_mailboxes_stay_several(names: list[str]) -> None:
    mailboxes = [Address(display_name=name, addr_spec=f"n{at}@example.org") for at, name in enumerate(names)]
    lines = written("Reply-To", mailboxes)
    require_lines(lines)
    assert read_mailboxes(unfolded(lines)) == [(name, f"n{at}@example.org") for at, name in enumerate(names)]


@settings(deadline=None, max_examples=60)
@with_real
@given(subjects)
def test_a_mail_that_is_read_and_written_again_keeps_its_headers(text: str) -> None:
    message = EmailMessage(policy=POLICY)
    message["Subject"] = header_words(text)
    message["From"] = Address(display_name=header_words(text), addr_spec="ann@example.org")
    raw = message.as_bytes()
    again = message_from_bytes(raw, _class=EmailMessage, policy=POLICY)
    assert again.as_bytes() == raw
    sender = again["From"]
    assert isinstance(sender, AddressHeader)
    assert sender.addresses[0].addr_spec == "ann@example.org"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("  The  Letter ", "The  Letter"),
        ("one\r\nBcc: eve@evil.example", "one Bcc: eve@evil.example"),
        ("one \n two\tthree\u2028four\x85five", "one two three four five"),
        ("bell\x07, null\0, half \ud800 and \x7f", "bell, null, half  and"),
        ("\n\r", ""),
    ],
)
def test_header_words_are_one_line_without_controls(typed: str, words: str) -> None:
    assert header_words(typed) == words
    assert header_words(words) == words


def test_what_is_plain_stays_legible_on_the_wire() -> None:
    assert written("Subject", "The Letter") == ["Subject: The Letter"]
    assert written("Subject", "word " * 20 + "end") == ["Subject: " + "word " * 12 + "word", " " + "word " * 7 + "end"]
    assert written("To", Address("Ann Lee", addr_spec="a@b.example")) == ["To: Ann Lee <a@b.example>"]
    assert written("To", Address("Lee, Ann", addr_spec="a@b.example")) == ['To: "Lee, Ann" <a@b.example>']
    assert written("To", Address(addr_spec="a@b.example")) == ["To: a@b.example"]


def test_a_picture_of_several_characters_stays_in_one_word() -> None:
    family = "👩‍👩‍👧"
    words = re.findall(ENCODED.pattern, " ".join(written("Subject", family * 9)))
    assert len(words) > 2
    decoded = [decoded_word(f"=?utf-8?{kind}?{data}?=") for kind, data in words]
    assert all(word.replace(family, "") == "" for word in decoded)


def test_a_header_for_programs_is_not_encoded_for_its_length() -> None:
    long = "dispatch-7:list-" + "x" * 90 + ":newsletter:innovationhub"
    assert written("Feedback-ID", long) == [f"Feedback-ID: {long}"]
    assert written("X-Note", "é") == ["X-Note: =?utf-8?b?w6k=?="]
    assert max(map(len, written("X-Note", "y" * 3000))) <= 76
    url = "<https://example.org/" + "u" * 300 + ">"
    assert written("List-Unsubscribe", url) == [f"List-Unsubscribe: {url}"]
