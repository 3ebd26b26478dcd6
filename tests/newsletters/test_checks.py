"""A typing error in the settings shows when the server starts, with a hint."""

from __future__ import annotations

from typing import Any

import pytest

from newsletters.audience.segments.condition import ConditionForm
from newsletters.audience.segments.kinds import CONDITION_KINDS
from newsletters.checks import check_condition_kinds, check_settings
from newsletters.conf import conf

SMTP = "newsletters.sending.transport.smtp.SmtpTransport"


def test_the_projects_settings_are_fine() -> None:
    assert check_settings(None) == []


@pytest.mark.parametrize(
    ("changes", "identity"),
    [
        ({"CLAIM_SIZ": 1}, "hub_newsletters.E001"),
        ({"CLAIM_SIZE": 0}, "hub_newsletters.E002"),
        ({"BATCH_SIZE": "many"}, "hub_newsletters.E002"),
        ({"PUBLIC_URL": "https://hub.example/"}, "hub_newsletters.E003"),
        ({"PUBLIC_URL": "hub.example"}, "hub_newsletters.E003"),
        ({"TRANSPORT": {"BACKEND": "newsletters.nothing.Here"}}, "hub_newsletters.E004"),
        ({"TRANSPORT": {"BACKEND": SMTP, "OPTIONS": {"hots": "x"}}}, "hub_newsletters.E004"),
        ({"TRANSPORT": {}}, "hub_newsletters.E004"),
    ],
)
def test_a_wrong_setting_is_an_error_with_a_hint(settings: Any, changes: dict[str, Any], identity: str) -> None:
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | changes
    (error,) = check_settings(None)
    assert error.id == identity
    assert error.hint


def test_settings_that_replace_the_projects_instead_of_adding_to_them_are_an_error(settings: Any) -> None:
    settings.HUB_NEWSLETTERS = {"FOUR_EYES": False}
    errors = check_settings(None)
    assert [error.id for error in errors] == ["hub_newsletters.E005"] * 2
    assert all("HUB_NEWSLETTERS |=" in str(error.hint) for error in errors)


def test_settings_are_read_when_they_are_asked_for(settings: Any) -> None:
    assert conf.CLAIM_SIZE == 250
    settings.HUB_NEWSLETTERS = {"CLAIM_SIZE": 7}
    assert conf.CLAIM_SIZE == 7
    assert conf.OUTAGE_SECONDS == 60


def test_a_kind_of_condition_that_cannot_be_used_shows_when_the_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_condition_kinds(None) == []

    class Half(ConditionForm):
        kind = "half"

        def words(self) -> str:
            return "half"

    monkeypatch.setitem(CONDITION_KINDS, "half", Half)
    (error,) = check_condition_kinds(None)
    assert (error.id, error.msg) == ("hub_newsletters.E024", "The kind of condition Half lacks label, q.")
