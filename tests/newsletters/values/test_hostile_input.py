"""Whatever is written into an address line or an address field: a clear no, and never another person's data."""

from __future__ import annotations

import string
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import assume, example, given
from hypothesis import strategies as some

from newsletters.audience.address_tokens import AddressPurpose, make_address_token, read_address_token
from newsletters.audience.confirmation_tokens import make_confirmation_token, read_confirmation_token
from newsletters.audience.person_tokens import make_person_token, read_person_token
from newsletters.audience.safeguards.form_stamp import is_stamp, make_stamp
from newsletters.exceptions import WrongToken
from newsletters.values.addresses import MOST_CHARACTERS, address, clean_address, mailbox_of
from newsletters.values.personal_links import Purpose, make_token, read_token

MAKERS: dict[str, Callable[[int], str]] = {
    "unsubscribe": lambda pk: make_token(Purpose.UNSUBSCRIBE, subscription_pk=pk),
    "preferences": lambda pk: make_token(Purpose.PREFERENCES, subscription_pk=pk),
    "confirmation": lambda pk: make_confirmation_token(sign_up_pk=pk),
    "person": lambda pk: make_person_token(subscriber_pk=pk),
    "confirm address": lambda pk: make_address_token(AddressPurpose.CONFIRM, sign_up_pk=pk),
    "undo address": lambda pk: make_address_token(AddressPurpose.UNDO, sign_up_pk=pk),
}
READERS: dict[str, Callable[[str], int]] = {
    "unsubscribe": lambda token: read_token(Purpose.UNSUBSCRIBE, token=token),
    "preferences": lambda token: read_token(Purpose.PREFERENCES, token=token),
    "confirmation": lambda token: read_confirmation_token(token).sign_up_pk,
    "person": lambda token: read_person_token(token).subscriber_pk,
    "confirm address": lambda token: read_address_token(AddressPurpose.CONFIRM, token=token).sign_up_pk,
    "undo address": lambda token: read_address_token(AddressPurpose.UNDO, token=token).sign_up_pk,
}

purposes = some.sampled_from(sorted(MAKERS))
keys = some.integers(min_value=1, max_value=10**12)


def refuse(purpose: str, token: str) -> None:
    with pytest.raises(WrongToken):
        READERS[purpose](token)


@given(purpose=purposes, other=purposes, pk=keys)
def test_a_token_is_good_for_its_own_purpose(purpose: str, other: str, pk: int) -> None:
    token = MAKERS[purpose](pk)
    assert READERS[purpose](token) == pk
    if other != purpose:
        refuse(other, token)


@given(purpose=purposes, pk=keys, data=some.data())
def test_a_truncated_token_is_refused(purpose: str, pk: int, data: some.DataObject) -> None:
    token = MAKERS[purpose](pk)
    begin, end = sorted(data.draw(some.tuples(*[some.integers(0, len(token))] * 2)))
    assume((begin, end) != (0, len(token)))
    refuse(purpose, token[begin:end])


@given(purpose=purposes, pk=keys, place=some.integers(0, 200), character=some.characters())
def test_an_altered_token_is_refused(purpose: str, pk: int, place: int, character: str) -> None:
    token = MAKERS[purpose](pk)
    place %= len(token)
    assume(token[place] != character)
    refuse(purpose, token[:place] + character + token[place + 1 :])


@given(purpose=purposes, pk=keys, another=keys)
def test_a_token_cannot_be_moved_to_somebody_else(purpose: str, pk: int, another: int) -> None:
    """The first part says who, the last part is the signature."""
    assume(pk != another)
    cut = "." if purpose in {"unsubscribe", "preferences"} else ":"
    who, _, _ = MAKERS[purpose](another).partition(cut)
    _, _, rest = MAKERS[purpose](pk).partition(cut)
    refuse(purpose, f"{who}{cut}{rest}")


@given(purpose=purposes, token=some.text(max_size=100))
@example(purpose="unsubscribe", token="\ud800")
def test_any_text_is_refused(purpose: str, token: str) -> None:
    refuse(purpose, token)


@given(stamp=some.text(max_size=60))
def test_any_text_is_no_stamp(stamp: str) -> None:
    assert not is_stamp(stamp, slug="letter", now=timezone.now())
    assert not is_stamp(make_stamp(stamp, now=timezone.now()), slug="letter", now=timezone.now())


LOCAL_PARTS = some.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=60)
LABELS = some.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda label: label[2:4] != "--")
DOMAINS = some.builds("{}.{}".format, LABELS, some.sampled_from(["org", "nl", "museum", "co.uk"]))
FULL_WIDTH = str.maketrans({character: chr(ord(character) + 0xFEE0) for character in string.ascii_letters + ".@"})


@given(local=LOCAL_PARTS, domain=DOMAINS)
def test_every_spelling_of_an_address_is_one_mailbox(local: str, domain: str) -> None:
    typed = f"{local}@{domain}"
    spellings = (typed, typed.upper(), typed.swapcase(), typed.translate(FULL_WIDTH), f" {typed}\u200b")
    assert {mailbox_of(clean_address(spelling)) for spelling in spellings} == {typed.lower()}


@given(local=LOCAL_PARTS, label=some.text("abcdeéüßøåçñ", min_size=1, max_size=20))
def test_both_spellings_of_an_international_domain_are_one_mailbox(local: str, label: str) -> None:
    readable = f"{local}@{label}.nl"
    in_ascii = address(clean_address(readable), name="").addr_spec
    assert in_ascii.isascii()
    assert mailbox_of(clean_address(in_ascii)) == mailbox_of(clean_address(readable))


@given(typed=some.text(max_size=80) | some.builds("{}@{}".format, some.text(max_size=40), some.text(max_size=40)))
@example(typed='"ann lee"@example.org')
@example(typed='"a\\"b"@example.org')
@example(typed='"a\r\nBcc: b@example.org"@example.org')
def test_what_is_taken_can_be_sent_to_and_stays_the_same(typed: str) -> None:
    try:
        cleaned = clean_address(typed)
    except ValidationError:
        return
    assert len(cleaned) <= MOST_CHARACTERS
    assert cleaned.isprintable()
    assert clean_address(cleaned) == cleaned
    assert address(cleaned, name="").domain.isascii()


@given(host=some.ip_addresses().map(str), brackets=some.booleans(), local=LOCAL_PARTS)
def test_no_literal_is_taken(host: str, brackets: bool, local: str) -> None:
    with pytest.raises(ValidationError):
        clean_address(f"{local}@[{host}]" if brackets else f"{local}@{host}")
