"""The Feedback-ID header, by which a mail provider groups complaints, in Gmail's form `a:b:c:SenderId`.

The last value identifies the sender in 5 to 15 characters, the same in every mail. No value may occur twice, and none
identifies a person. https://support.google.com/a/answer/6254652
"""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import urlsplit

from cms.values.hosts import ascii_host
from newsletters.conf import conf

KIND = "newsletter"
FORM = re.compile(r"[A-Za-z0-9]{5,15}")
MOST = 15
TAIL = 6  # characters of a digest, which tell hosts with the same beginning apart


def feedback_id(*, dispatch_pk: int, slug: str) -> str:
    """Return the header's value: the dispatch, the newsletter, the kind of mail and the sender."""
    return f"sending-{dispatch_pk}:list-{slug}:{KIND}:{conf.FEEDBACK_SENDER or sender_of(conf.PUBLIC_URL)}"


def sender_of(public_url: str) -> str:
    """Return the sender's id for an address: letters and digits of its host, with a digest if they do not fit."""
    host = ascii_host(urlsplit(public_url).hostname or "").removeprefix("www.")
    letters = re.sub(r"[^a-z0-9]", "", host)
    if is_sender(letters):
        return letters
    return letters[: MOST - TAIL] + sha256(host.encode()).hexdigest()[:TAIL]


def is_sender(value: object) -> bool:
    """Say whether this is valid as a sender's id and differs from the other values."""
    return isinstance(value, str) and bool(FORM.fullmatch(value)) and value.lower() != KIND
