"""Feedback-ID has Gmail's form, whatever the hub and its newsletters are called."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletters.checks import check_settings
from newsletters.sending.mails.feedback import feedback_id, sender_of

labels = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
SENDER = re.compile(r"[A-Za-z0-9]{5,15}")


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("https://hub.test", "hubtest"),
        ("http://localhost:8000", "localhost"),
        ("https://www.a.io/x", "aio"),
        ("https://innovation-hub.example.org", "innovatio"),
        ("https://newsletter", "newslette"),
        ("https://news-letter", "newslette"),
    ],
)
def test_the_sender_is_made_of_the_host(url: str, begins: str) -> None:
    assert sender_of(url).startswith(begins)
    assert SENDER.fullmatch(sender_of(url))
    assert sender_of(url) == sender_of(f"{url}/elsewhere") != "newsletter"


def test_long_hosts_that_begin_alike_differ() -> None:
    assert sender_of("https://innovation-hub.example.org") != sender_of("https://innovation-hub.example.net")


@given(host=st.lists(labels, min_size=1, max_size=4).map(".".join), slug=labels, key=st.integers(1, 10**9))
def test_four_values_none_twice(host: str, slug: str, key: int) -> None:
    sender = sender_of(f"https://{host}")
    for name in (slug, str(key), "newsletter", sender, f"sending-{key}"):
        *values, last = feedback_id(dispatch_pk=key, slug=name).split(":")
        assert len({*values, last}) == 4
        assert SENDER.fullmatch(last)


def test_the_setting_is_the_sender(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"FEEDBACK_SENDER": "InnoHub26"}
    assert feedback_id(dispatch_pk=7, slug="letter") == "sending-7:list-letter:newsletter:InnoHub26"
    assert check_settings(None) == []


@pytest.mark.parametrize(
    "value", ["hub", "innovation-hub", "a" * 16, "newsletter", "a space", "é" * 6, None, 12345, "h:ub12"]
)
def test_a_bad_sender_shows_when_the_server_starts(settings: Any, value: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"FEEDBACK_SENDER": value}
    (error,) = check_settings(None)
    assert error.id == "hub_newsletters.E021"
    assert error.hint


def test_a_public_address_in_other_letters_shows_when_the_server_starts(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PUBLIC_URL": "https://bücher.example"}
    assert [one.id for one in check_settings(None)] == ["hub_newsletters.E003"]
