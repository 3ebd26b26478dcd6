"""Our own remarks in the ledger are codes, shown in the reader's language."""

from __future__ import annotations

import pytest
from django.utils import translation

from newsletters.values.remarks import Remark, in_words


@pytest.mark.parametrize("reply", ["250 2.0.0 taken", "550 5.1.1 hung_up: no", "", "hung up"])
def test_a_servers_words_stay_as_they_are(reply: str) -> None:
    with translation.override("nl"):
        assert in_words(reply) == reply


def test_our_own_words_are_told_in_the_readers_language() -> None:
    kept: dict[str, dict[Remark, str]] = {language: {} for language in ("en", "nl")}
    for language, told in kept.items():
        with translation.override(language):
            told.update({remark: in_words(remark.value) for remark in Remark})
    assert kept["en"][Remark.WORKER_DIED] == "The worker died while it was sending"
    assert kept["nl"][Remark.WORKER_DIED] == "De verzender stopte onverwacht tijdens het verzenden"
    for remark in Remark:
        assert kept["nl"][remark] != kept["en"][remark]


def test_technical_words_stand_behind_ours() -> None:
    assert Remark.HUNG_UP.with_detail("") == "hung_up"
    reply = Remark.HUNG_UP.with_detail(TimeoutError("timed out"))
    assert in_words(reply) == "The mail server closed the connection before it accepted the mail (timed out)"
