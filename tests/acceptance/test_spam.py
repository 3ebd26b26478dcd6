"""What a spam filter thinks of the mails: SpamAssassin, offline, with its own rules."""

from __future__ import annotations

import re
import shutil
import subprocess
from email import message_from_bytes
from typing import Any

import pytest

from newsletters.audience.actions import answer_sign_up
from newsletters.audience.actions.request_subscription import request_subscription
from newsletters.models import ConsentSource
from newsletters.sending.engine.send_batch import send_batch
from newsletters.testing import FakeTransport, FixedClock
from newsletters.values.subscriber_details import SubscriberDetails
from tests.newsletters.building import build_hub

FORBIDDEN = ("MISSING_", "MPART_ALT_DIFF", "MIME_HTML_ONLY", "HTML_FONT_LOW_CONTRAST", "MIME_BASE64_TEXT")
MOST = 1.0

pytestmark = pytest.mark.skipif(not shutil.which("spamassassin"), reason="needs Debian's package spamassassin")


@pytest.fixture
def mails(db: None) -> dict[str, bytes]:
    """The issue as readers of each language get it."""
    hub = build_hub()
    hub.edit(
        stories=[hub.story("open-data", is_lead=True), hub.story("town-meeting"), hub.story("open-day")],
        words={
            "en": {
                "subject": "What moves citizens, and what we learn from it",
                "preheader": "Stories from villages, panels and meeting rooms.",
                "intro": "<p>This month’s stories begin small, with people who want to know who decides.</p>",
            },
            "nl": {
                "subject": "Wat burgers beweegt, en wat wij ervan leren",
                "preheader": "Verhalen uit dorpen, panels en vergaderzalen.",
                "intro": "<p>De verhalen van deze maand beginnen klein, bij mensen die willen weten wie beslist.</p>",
            },
        },
    )
    hub.subscribe("ann", themes=["data", "power"])
    hub.subscribe("nel", language="nl", themes=["data", "power"])
    transport = FakeTransport()
    send_batch(hub.send(), transport=transport, worker="w1", clock=FixedClock(at=hub.now))
    return {one.recipient.partition("@")[0]: one.data for one in transport.handovers}


def judge(data: bytes) -> tuple[float, set[str]]:
    """Return SpamAssassin's score and the names of the rules that hit."""
    done = subprocess.run(["spamassassin", "-L", "-t"], input=data, capture_output=True, check=True)
    status: Any = message_from_bytes(done.stdout)["X-Spam-Status"]
    found = re.search(r"score=(-?[\d.]+) .*tests=(.*?)\s+autolearn", " ".join(status.split()))
    assert found, status
    return float(found[1]), {name.strip() for name in found[2].split(",")}


def test_a_spam_filter_lets_the_mails_through(mails: dict[str, bytes]) -> None:
    assert set(mails) == {"ann", "nel"}
    for name, data in mails.items():
        score, rules = judge(data)
        assert score <= MOST, (name, score, rules)
        assert not {rule for rule in rules if rule.startswith(FORBIDDEN)}, (name, rules)


@pytest.mark.parametrize("source", [ConsentSource.API, ConsentSource.ADMIN])
def test_a_spam_filter_lets_the_mail_through_that_asks_to_confirm(
    db: None, monkeypatch: pytest.MonkeyPatch, source: ConsentSource
) -> None:
    hub, transport = build_hub(), FakeTransport()
    monkeypatch.setattr(answer_sign_up, "configured_transport", lambda: transport)
    for language in ("en", "nl"):
        sign_up = request_subscription(
            newsletter=hub.newsletter,
            details=SubscriberDetails(email=f"{language}@example.org", first_name="Noa"),
            locale=hub.locales[language],
            themes=[],
            source=source,
            wording="",
            now=hub.now,
        )
        answer_sign_up.answer_sign_up(sign_up, now=hub.now)
        score, rules = judge(transport.handovers[-1].data)
        assert score < MOST, (score, rules)
        assert not {rule for rule in rules if rule.startswith(FORBIDDEN)}, rules


def test_the_judge_is_awake() -> None:
    naive = b"From: a@b.example\r\nSubject: FREE MONEY\r\nContent-Type: text/html\r\n\r\n<html>Click here</html>"
    score, rules = judge(naive)
    assert score > MOST
    assert "MIME_HTML_ONLY" in rules
