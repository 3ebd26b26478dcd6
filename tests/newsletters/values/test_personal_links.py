"""Personal links: good for one purpose and one person, and useless when altered."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing

from newsletters.audience.confirmation_tokens import ConfirmationToken, make_confirmation_token, read_confirmation_token
from newsletters.conf import conf
from newsletters.exceptions import WrongToken
from newsletters.values.personal_links import Purpose, make_token, read_token


def altered(token: str) -> list[str]:
    """Return the token with each character replaced, in the other case, left out and doubled."""
    found = set()
    for place, character in enumerate(token):
        before, after = token[:place], token[place + 1 :]
        for other in ("a", "Z", "7", "_", "-", ".", ":", character.swapcase(), "", character * 2, "é", "\0"):
            found.add(before + other + after)
    return sorted(found - {token})


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_says_whose_it_is(purpose: Purpose) -> None:
    assert read_token(purpose, token=make_token(purpose, subscription_pk=123)) == 123


@pytest.mark.parametrize("purpose", Purpose)
def test_an_altered_token_is_refused(purpose: Purpose) -> None:
    token = make_token(purpose, subscription_pk=123)
    for wrong in altered(token):
        with pytest.raises(WrongToken):
            read_token(purpose, token=wrong)


def test_an_altered_confirmation_token_is_refused() -> None:
    token = make_confirmation_token(sign_up_pk=123)
    assert read_confirmation_token(token) == ConfirmationToken(sign_up_pk=123, is_expired=False)
    for wrong in altered(token):
        with pytest.raises(WrongToken):
            read_confirmation_token(wrong)


@pytest.mark.parametrize(
    "token", ["", ".", "1", "1.", ".x", "-1.x", "9" * 30 + ".x", "١.x", "1e3.x", "a" * 10_000, "1.x.y"]
)
def test_rubbish_is_refused(token: str) -> None:
    for purpose in Purpose:
        with pytest.raises(WrongToken):
            read_token(purpose, token=token)
    with pytest.raises(WrongToken):
        read_confirmation_token(token)


def test_a_token_of_one_purpose_is_refused_for_another() -> None:
    leave = make_token(Purpose.UNSUBSCRIBE, subscription_pk=1)
    choose = make_token(Purpose.PREFERENCES, subscription_pk=1)
    for purpose, token in ((Purpose.PREFERENCES, leave), (Purpose.UNSUBSCRIBE, choose)):
        with pytest.raises(WrongToken):
            read_token(purpose, token=token)
    for token in (leave, choose, signing.dumps(1)):
        with pytest.raises(WrongToken):
            read_confirmation_token(token)
    confirmation = make_confirmation_token(sign_up_pk=1)
    for purpose in Purpose:
        with pytest.raises(WrongToken):
            read_token(purpose, token=confirmation)


def test_a_confirmation_token_is_too_old_after_some_days(settings: Any) -> None:
    assert conf.CONFIRM_WITHIN_DAYS == 7
    token = make_confirmation_token(sign_up_pk=1)
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"CONFIRM_WITHIN_DAYS": -1}
    assert read_confirmation_token(token) == ConfirmationToken(sign_up_pk=1, is_expired=True)


def test_another_key_makes_other_tokens(settings: Any) -> None:
    token = make_token(Purpose.UNSUBSCRIBE, subscription_pk=1)
    settings.SECRET_KEY = "another"
    with pytest.raises(WrongToken):
        read_token(Purpose.UNSUBSCRIBE, token=token)


def test_tokens_are_short_enough_for_one_line_and_do_not_show_the_key() -> None:
    token = make_token(Purpose.UNSUBSCRIBE, subscription_pk=1_234_567)
    assert len(token) <= 30
    assert token.isascii()


def test_links_in_mails_of_long_ago_work_after_a_change_of_the_secret_key(settings: Any) -> None:
    old = make_token(Purpose.UNSUBSCRIBE, subscription_pk=7)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert read_token(Purpose.UNSUBSCRIBE, token=old) == 7
    assert make_token(Purpose.UNSUBSCRIBE, subscription_pk=7) != old
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(WrongToken):
        read_token(Purpose.UNSUBSCRIBE, token=old)
