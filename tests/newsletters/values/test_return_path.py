"""An address that we signed proves what came back to it; no altered one does, and none with another purpose."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.exceptions import WrongToken
from newsletters.values.return_path import (
    MOST_BASE,
    is_base,
    make_feedback_token,
    make_return_path,
    make_unsubscribe_address,
    read_feedback_token,
    read_return_path,
    read_unsubscribe_address,
)

BASE = "bounces@example.org"
ADDRESS = make_return_path(base=BASE, delivery_pk=123)
keys = st.integers(min_value=1, max_value=10**18 - 1)
READERS: list[Callable[[str], int]] = [read_return_path, read_unsubscribe_address, read_feedback_token]


@given(pk=keys)
def test_an_address_says_which_row_it_is_about(pk: int) -> None:
    assert read_return_path(make_return_path(base=BASE, delivery_pk=pk)) == pk
    assert read_unsubscribe_address(make_unsubscribe_address(base=BASE, subscription_pk=pk)) == pk
    assert read_feedback_token(make_feedback_token(delivery_pk=pk)) == pk


@given(place=st.integers(0, len("123-") + 25), other=st.characters(codec="utf-8"))
def test_an_address_with_another_character_in_its_token_is_refused(place: int, other: str) -> None:
    start = ADDRESS.index("+") + 1
    altered = ADDRESS[: start + place] + other + ADDRESS[start + place + 1 :]
    if altered.isascii() and altered.lower() == ADDRESS:
        assert read_return_path(altered) == 123
    else:
        with pytest.raises(WrongToken):
            read_return_path(altered)


@pytest.mark.parametrize("other", ["K", "ſ", "İ", "1", "a", "１"])  # some become ASCII in lower case
def test_letters_of_other_scripts_are_not_taken_for_ours(other: str) -> None:
    for place in range(len(ADDRESS)):
        altered = ADDRESS[:place] + other + ADDRESS[place + 1 :]
        if altered != ADDRESS and place > ADDRESS.index("+") and place < ADDRESS.index("@"):
            with pytest.raises(WrongToken):
                read_return_path(altered)


@given(text=st.text())
def test_any_other_text_is_refused(text: str) -> None:
    for read in READERS:
        with pytest.raises(WrongToken):
            read(text)


@pytest.mark.parametrize(
    "text",
    ["", "@", "+@", BASE, "bounces+0-" + "0" * 26 + "@x", "+" * 100_000, "+1-" * 100_000, ADDRESS.replace("+", "-")],
)
def test_rubbish_is_refused(text: str) -> None:
    for read in READERS:
        with pytest.raises(WrongToken):
            read(text)


def test_an_address_of_one_purpose_is_refused_for_another() -> None:
    leave = make_unsubscribe_address(base=BASE, subscription_pk=123)
    token = make_feedback_token(delivery_pk=123)
    assert len({ADDRESS, leave, f"bounces+{token}@example.org"}) == 3
    with pytest.raises(WrongToken):
        read_return_path(leave)
    with pytest.raises(WrongToken):
        read_return_path(f"bounces+{token}@example.org")
    with pytest.raises(WrongToken):
        read_unsubscribe_address(ADDRESS)
    with pytest.raises(WrongToken):
        read_feedback_token(ADDRESS.partition("+")[2].partition("@")[0])


@pytest.mark.parametrize(
    "written",
    [
        ADDRESS.upper(),
        f"<{ADDRESS}>",
        ADDRESS.replace("example.org", "elsewhere.example"),
        f"SRS0=Ab1/=XY=example.org={ADDRESS.replace('@example.org', '@forwarder.example')}",
        f"prvs=0123456789={ADDRESS}",
    ],
)
def test_an_address_that_a_server_rewrote_is_still_ours(written: str) -> None:
    assert read_return_path(written) == 123


@given(pk=keys)
def test_the_local_part_fits_and_is_lower_case(pk: int) -> None:
    local, _at, domain = make_return_path(base="a" * MOST_BASE + "@example.org", delivery_pk=pk).partition("@")
    assert len(local) <= 64
    assert re.fullmatch(r"[a-z0-9+-]+", local)
    assert domain == "example.org"


@pytest.mark.parametrize("base", ["bounces@example.org", "un.subscribe@hub", "a" * MOST_BASE + "@example.org"])
def test_an_address_can_be_the_base(base: str) -> None:
    assert is_base(base)


@pytest.mark.parametrize(
    "base",
    [
        *("", "bounces", "@example.org", "bounces@", "Bounces@example.org", "a+b@example.org", "a b@example.org"),
        *("bounces@example.org\n", "a" * (MOST_BASE + 1) + "@example.org", None, 1, "é@example.org", "a@é.example"),
        f"a@{'b' * 250}",
    ],
)
def test_another_address_cannot(base: object) -> None:
    assert not is_base(base)


def test_mails_of_long_ago_come_back_after_a_change_of_the_secret_key(settings: Any) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert read_return_path(ADDRESS) == 123
    assert make_return_path(base=BASE, delivery_pk=123) != ADDRESS
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(WrongToken):
        read_return_path(ADDRESS)
