"""Many mails in one request to a provider: each is personal, and a request is repeated only where that is safe."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest
import requests

from cms.values.mail_headers import POLICY
from newsletters.sending.transport.anymail_transport import AnymailTransport
from newsletters.sending.transport.message import set_bodies
from newsletters.sending.transport.providers import PROVIDERS
from newsletters.sending.transport.seam import PieceOutcome, Reply, ReplyLost, TransportDown, at_once
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import TOKENS, Parts, fill_html, fill_text, personal_parts
from tests.newsletters.sending.provider import DROP, ResendDouble, busy

NAMES = ("ann", "bob", "cem")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One reader's copy of an edition that says no more than its tokens."""

    name: str
    text: str = "\n".join(TOKENS)
    html: str = "<p>" + "<br>".join(TOKENS) + "</p>"
    sender: str = "letter@hub.test"

    @property
    def recipient(self) -> str:
        return f"{self.name}@example.org"

    @property
    def links(self) -> PersonalLinks:
        hub = "https://hub.test/n"
        return PersonalLinks(unsubscribe=f"{hub}/u/{self.name}", preferences=f"{hub}/p/{self.name}")

    @property
    def parts(self) -> Parts:
        return personal_parts(language="en", first_name=self.name.capitalize(), links=self.links)

    @property
    def wire(self) -> bytes:
        raise AssertionError("A provider is given messages, not bytes.")

    def as_message(self) -> EmailMessage:
        message = EmailMessage(policy=POLICY)
        message["From"], message["To"], message["Subject"] = self.sender, self.recipient, "News"
        message["Message-ID"], message["Date"] = f"<{self.name}@hub.test>", "Tue, 01 Dec 2026 12:00:00 +0000"
        message["List-Unsubscribe"] = f"<{self.links.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        text, html = fill_text(self.text, parts=self.parts), fill_html(self.html, parts=self.parts)
        set_bodies(message, text=text, html=html, language="en")
        return message


def hand_over_piece(transport: AnymailTransport, **fields: Any) -> list[PieceOutcome]:
    with transport.connect() as connection:
        return connection.hand_over_piece([Piece(name=name, **fields) for name in NAMES], may_go=at_once)


def codes_of(outcomes: list[PieceOutcome]) -> list[int | None]:
    return [outcome.code if isinstance(outcome, Reply) else None for outcome in outcomes]


def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    answers = iter([DROP, (500, {}), None])
    double = ResendDouble(answer=lambda request: next(answers))
    with double.listening() as transport:
        assert codes_of(hand_over_piece(transport)) == [250] * 3
    assert len({request.headers["Idempotency-Key"] for request in double.requests}) == 1
    assert [request.mails for request in double.requests] == [double.sent] * 3
    assert len(double.sent) == 3


def test_a_provider_that_asks_to_wait_for_seconds_is_asked_again_after_them() -> None:
    answers = iter([busy("2"), busy("0"), None])
    double = ResendDouble(answer=lambda request: next(answers))
    with double.listening() as transport:
        assert codes_of(hand_over_piece(transport)) == [250] * 3
    assert (double.slept, len(double.requests)) == ([2, 1], 3)


def test_a_provider_that_always_asks_to_wait_for_a_moment_holds_no_worker_up_for_long() -> None:
    double = ResendDouble(answer=lambda request: busy("3"))
    with double.listening() as transport, pytest.raises(TransportDown) as down:
        hand_over_piece(transport)
    assert (double.slept, double.sent) == ([3, 3, 3], [])
    assert (down.value.wait_seconds, down.value.is_our_fault) == (3, False)


def test_merge_fields_are_filled_for_each_and_our_own_words_are_none(monkeypatch: Any, mailoutbox: Any) -> None:
    monkeypatch.setitem(PROVIDERS, "Test", PROVIDERS["Mailgun"])
    text = "\n".join([*TOKENS, "%recipient.word0% 100%"])
    hand_over_piece(AnymailTransport(backend="anymail.backends.test.EmailBackend"), text=text)
    (message,) = mailoutbox
    sent = message.anymail_test_params
    assert sent["merge_global_data"] == {"literal": "%"}
    assert sent["is_batch_send"]
    assert set(sent["merge_headers"]) == {f"{name}@example.org" for name in NAMES}
    assert "%recipient.literal%recipient.word0% 100%" in sent["text_body"]
    for name in NAMES:
        words = sent["merge_data"][f"{name}@example.org"]
        assert name.capitalize() in words["word0"]
        assert words["word2"] in sent["merge_headers"][f"{name}@example.org"]["List-Unsubscribe"]


CONFIGS = {
    "no backend of anymail": {"backend": "django.core.mail.backends.locmem.EmailBackend"},
    "more than it takes": {"backend": "anymail.backends.resend.EmailBackend", "most": 101},
    "none": {"backend": "anymail.backends.resend.EmailBackend", "most": 0},
    "waits for ever": {"backend": "anymail.backends.resend.EmailBackend", "options": {"requests_timeout": None}},
    "waits too long": {"backend": "anymail.backends.resend.EmailBackend", "options": {"timeout": (5, 7200)}},
}


@pytest.mark.parametrize("options", CONFIGS.values(), ids=CONFIGS)
def test_nonsense_shows_when_the_server_starts(settings: Any, options: dict[str, Any]) -> None:
    from newsletters.checks import check_settings

    path = "newsletters.sending.transport.anymail_transport.AnymailTransport"
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": {"BACKEND": path, "OPTIONS": options}}
    assert [one.id for one in check_settings(None)] == ["hub_newsletters.E004"]


def test_the_same_holds_for_anymails_own_setting(settings: Any) -> None:
    settings.ANYMAIL = {"REQUESTS_TIMEOUT": 0}
    with pytest.raises(ValueError, match="REQUESTS_TIMEOUT"):
        AnymailTransport(backend="anymail.backends.resend.EmailBackend")


WHOLE = {
    "brevo": ({"api_key": "x"}, lambda data: data["messageVersions"], ("textContent", "htmlContent")),
    "mailjet": ({"api_key": "x", "secret_key": "y"}, lambda data: data["Messages"], ("TextPart", "HTMLPart")),
    "mailtrap": ({"api_token": "x"}, lambda data: data["requests"], ("text", "html")),
    "postmark": ({"server_token": "x"}, lambda data: data, ("TextBody", "HtmlBody")),
}


@pytest.mark.parametrize("name", WHOLE)
def test_each_providers_request_holds_a_body_for_each_reader(monkeypatch: Any, name: str) -> None:
    options, mails_of, fields = WHOLE[name]
    posted: list[str] = []

    def post(session: Any, **request: Any) -> Any:
        posted.append(request["data"])
        raise requests.ConnectionError

    monkeypatch.setattr(requests.Session, "request", post)
    path = f"anymail.backends.{name}.EmailBackend"
    with pytest.raises(ReplyLost):
        hand_over_piece(AnymailTransport(backend=path, options=options, sleep=lambda seconds: None))
    assert len(posted) == (3 if name == "brevo" else 1)
    assert len(set(posted)) == 1
    for field in fields:
        for one, mail in zip(NAMES, mails_of(json.loads(posted[0])), strict=True):
            assert one.capitalize() in mail[field]
            assert one in json.dumps(mail.get("to") or mail.get("To"))
            assert "List-Unsubscribe-Post" in json.dumps(mail.get("headers") or mail.get("Headers"))
