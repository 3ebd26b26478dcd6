"""A provider's reports come in by anymail's webhooks, and end in the reader's state as bounces by mail do."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from cms.urls import urlpatterns
from newsletters.checks import check_settings
from newsletters.models import Delivery, Subscriber, Subscription
from newsletters.results import provider_events
from newsletters.results.actions.heed_refusals import heed_refusals
from newsletters.results.provider_events import provider_webhooks
from newsletters.testing import FakeTransport
from tests.newsletters.building import Hub

Status = Subscription.Status
SECRET, KEY = "hub:s3cret", "signing-key"
ANN = "ann@example.org"
GONE = "smtp; 550 5.1.1 <ann@example.org> user unknown"


@pytest.fixture(autouse=True)
def webhooks(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY}
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {
        "PROVIDER_WEBHOOKS": ["postmark", "mailgun", "amazon_ses", "brevo"]
    }
    # What it reads is for confirming subscriptions, which needs boto3.
    monkeypatch.setattr("anymail.webhooks.amazon_ses._get_anymail_boto3_params", lambda **_kwargs: ({}, {}))
    urls: Any = ModuleType("urls")
    urls.urlpatterns = [*provider_webhooks(), *urlpatterns]
    settings.ROOT_URLCONF = urls


@pytest.fixture
def sent(hub: Hub, transport: FakeTransport, work: Any) -> Delivery:
    """The mail that Ann was sent; Bob got one too."""
    hub.subscribe("ann", "bob")
    work(hub.start(), transport)
    return Delivery.objects.get(subscription__subscriber__email=ANN)


def post(provider: str, payload: Any, *, secret: str = SECRET, **headers: Any) -> int:
    """Post as the provider does; return the status of the answer."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    headers["Authorization"] = f"Basic {b64encode(secret.encode()).decode()}"
    url = f"/n/e/{provider}"
    return client.post(url, json.dumps(payload), content_type="application/json", headers=headers).status_code


def postmark(delivery: str, kind: str, *, to: str = ANN, secret: str = SECRET, at: str = "") -> int:
    payload: dict[str, Any] = {
        "MessageID": "00000000-0000-0000-0000-000000000000",  # theirs, not ours
        "Metadata": {"delivery": delivery},
        "Tag": "",
        "ServerID": 1,
        "MessageStream": "broadcast",
    }
    kinds: dict[str, dict[str, Any]] = {
        "bounce": {
            "RecordType": "Bounce",
            "ID": 42,
            "Type": "HardBounce",
            "TypeCode": 1,
            "Name": "Hard bounce",
            "Description": "The server was unable to deliver your message",
            "Details": GONE,
            "Email": to,
            "BouncedAt": at or "2026-11-05T16:33:54.9070259Z",
            "Inactive": True,
        },
        "complaint": {"RecordType": "SpamComplaint", "ID": 43, "Type": "SpamComplaint", "Email": to},
        "unsubscribe": {
            "RecordType": "SubscriptionChange",
            "ChangedAt": at or timezone.now().isoformat(),
            "Origin": "Recipient",
            "Recipient": to,
            "SuppressSending": True,
            "SuppressionReason": "ManualSuppression",
        },
        "suppressed": {"RecordType": "Bounce", "ID": 44, "Type": "BadEmailAddress", "Email": to},
        "open": {"RecordType": "Open", "Recipient": to},
    }
    return post("postmark", payload | kinds[kind], secret=secret)


def mailgun(delivery: str, kind: str, *, to: str = ANN, secret: str = SECRET, key: str = KEY) -> int:
    now, token = str(int(timezone.now().timestamp())), "a" * 50
    signature = hmac.new(key.encode(), f"{now}{token}".encode(), hashlib.sha256).hexdigest()
    kinds: dict[str, dict[str, Any]] = {
        "bounce": {
            "event": "failed",
            "severity": "permanent",
            "reason": "bounce",
            "delivery-status": {"code": 550, "message": GONE, "description": ""},
        },
        "complaint": {"event": "complained"},
        "unsubscribe": {"event": "unsubscribed", "client-info": {"user-agent": "x"}},
        "suppressed": {
            "event": "rejected",
            "reason": "suppress-bounce",
            "delivery-status": {"code": 605, "message": "", "description": "Not delivering to previously bounced"},
        },
        "open": {"event": "opened"},
    }
    event = kinds[kind] | {
        "id": "x",
        "timestamp": timezone.now().timestamp(),
        "recipient": to,
        "user-variables": {"delivery": delivery},
        "message": {"headers": {"to": to, "message-id": "theirs@mailgun.example"}},
    }
    return post(
        "mailgun", {"signature": {"timestamp": now, "token": token, "signature": signature}, "event-data": event},
        secret=secret,
    )  # fmt: skip


def amazon_ses(delivery: str, kind: str, *, to: str = ANN, secret: str = SECRET) -> int:
    recipients = [{"emailAddress": to, "action": "failed", "status": "5.1.1", "diagnosticCode": GONE}]
    event: dict[str, Any] = {
        "mail": {
            "messageId": "0102-theirs",
            "destination": [to],
            "headers": [{"name": "X-Metadata", "value": json.dumps({"delivery": delivery})}],
        }
    }
    event |= {
        "bounce": {
            "eventType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": recipients},
        },
        "complaint": {
            "eventType": "Complaint",
            "complaint": {"complainedRecipients": [{"emailAddress": to}], "complaintFeedbackType": "abuse"},
        },
        "open": {"eventType": "Open", "open": {"ipAddress": "192.0.2.1"}},
    }[kind]
    message = {
        "Type": "Notification",
        "MessageId": "4711",
        "TopicArn": "arn:aws:sns:eu-west-1:1:hub",
        "Message": json.dumps(event),
        "Timestamp": timezone.now().isoformat(),
    }
    return post(
        "amazon_ses", message, secret=secret,
        **{"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "4711"},
    )  # fmt: skip


def brevo(delivery: str, kind: str, *, to: str = ANN, secret: str = SECRET) -> int:
    kinds: dict[str, dict[str, Any]] = {
        "bounce": {"event": "hard_bounce", "reason": GONE.removeprefix("smtp; ")},
        "complaint": {"event": "spam"},
        "unsubscribe": {"event": "unsubscribe"},
        "open": {"event": "opened"},
    }
    event = kinds[kind] | {
        "id": 1,
        "email": to,
        "message-id": "<theirs@smtp-relay.brevo.example>",
        "ts_epoch": int(timezone.now().timestamp() * 1000),
        "X-Mailin-custom": json.dumps({"delivery": delivery}),
    }
    return post("brevo", event, secret=secret)


PROVIDERS = {"postmark": postmark, "mailgun": mailgun, "amazon_ses": amazon_ses, "brevo": brevo}


@pytest.fixture(params=PROVIDERS)
def report(request: pytest.FixtureRequest, sent: Delivery) -> Any:
    """Report as this provider does what became of Ann's mail."""
    return PROVIDERS[request.param]


def named(delivery: Delivery) -> str:
    """Return what our mails have in their metadata."""
    return delivery.message_id.strip("<>")


def states() -> dict[str, str]:
    heed_refusals(now=timezone.now())
    owned = Subscription.objects.select_related("subscriber")
    return {each.subscriber.email.partition("@")[0]: each.status for each in owned}


def test_a_bounce_sets_aside_whose_it_is_once(report: Any, sent: Delivery) -> None:
    for _time in range(2):
        assert report(named(sent), "bounce") == 200
        sent.refresh_from_db()
        assert (sent.status, sent.bounce_class) == ("bounced", "hard")
        assert states() == {"ann": Status.BOUNCED, "bob": Status.ACTIVE}
    assert sent.subscription
    assert sent.subscription.consent_events.count() == 1
    assert "ann@" not in sent.reply


GIVEN_UP: dict[str, dict[str, Any]] = {
    "postmark": {"RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": ANN, "Inactive": True},
    "postmark inactive": {"RecordType": "Bounce", "ID": 42, "Type": "SoftBounce", "Email": ANN, "Inactive": True},
    "brevo": {"event": "hard_bounce", "email": ANN},
}


@pytest.mark.parametrize("name", GIVEN_UP)
@pytest.mark.parametrize(
    ("words", "becomes"),
    [
        ("This address has been given up", Status.BOUNCED),
        ("", Status.BOUNCED),
        ("smtp; 550 5.7.1 blocked by our policy", Status.ACTIVE),
        ("smtp; 552 5.2.2 mailbox full", Status.ACTIVE),
    ],
)
def test_what_the_provider_calls_dead_is_set_aside_unless_the_server_says_why(
    sent: Delivery, name: str, words: str, becomes: str
) -> None:
    provider = name.partition(" ")[0]
    said = {"postmark": "Details", "brevo": "reason"}[provider]
    metadata = {"delivery": named(sent)}
    about = {"Metadata": metadata, "X-Mailin-custom": json.dumps(metadata), said: words}
    assert post(provider, GIVEN_UP[name] | about) == 200
    assert states() == {"ann": becomes, "bob": Status.ACTIVE}


def test_what_any_provider_calls_dead_needs_no_reply_of_a_server(
    report: Any, sent: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "GONE", "The address has been given up")
    assert report(named(sent), "bounce") == 200
    assert states() == {"ann": Status.BOUNCED, "bob": Status.ACTIVE}


@pytest.mark.parametrize(
    "passing", [{"Type": "SoftBounce", "Inactive": False}, {"Type": ["HardBounce"]}, {"Type": "VirusNotification"}]
)
def test_what_the_provider_does_not_call_dead_is_not_set_aside(sent: Delivery, passing: dict[str, Any]) -> None:
    bounce = {"RecordType": "Bounce", "ID": 42, "Email": ANN, "Metadata": {"delivery": named(sent)}}
    post("postmark", bounce | passing)
    assert states() == {"ann": Status.ACTIVE, "bob": Status.ACTIVE}


def test_a_complaint_sets_aside_whose_it_is_once(report: Any, sent: Delivery) -> None:
    for _time in range(2):
        assert report(named(sent), "complaint") == 200
        assert states() == {"ann": Status.COMPLAINED, "bob": Status.ACTIVE}
    assert sent.subscription
    assert sent.subscription.consent_events.count() == 1


@pytest.mark.parametrize("provider", ["postmark", "mailgun", "brevo"])
def test_who_unsubscribes_at_the_provider_is_unsubscribed_here(provider: str, sent: Delivery) -> None:
    for _time in range(2):
        assert PROVIDERS[provider](named(sent), "unsubscribe") == 200
        assert states() == {"ann": Status.ENDED, "bob": Status.ACTIVE}
    assert sent.subscription
    event = sent.subscription.consent_events.get()
    assert (event.kind, event.source) == ("withdrawn", "mail provider")


@pytest.mark.parametrize("provider", ["postmark", "mailgun"])
def test_who_is_on_the_providers_list_of_dead_addresses_is_set_aside(provider: str, sent: Delivery) -> None:
    assert PROVIDERS[provider](named(sent), "suppressed") == 200
    assert states() == {"ann": Status.BOUNCED, "bob": Status.ACTIVE}


def test_opening_and_the_like_change_nothing(report: Any, sent: Delivery) -> None:
    assert report(named(sent), "open") == 200
    sent.refresh_from_db()
    assert (sent.status, states()["ann"]) == ("accepted", Status.ACTIVE)


@pytest.mark.parametrize("kind", ["bounce", "complaint"])
def test_who_does_not_know_the_secret_reports_nothing(report: Any, sent: Delivery, kind: str) -> None:
    assert report(named(sent), kind, secret="hub:guessed") == 400
    assert states()["ann"] == Status.ACTIVE


def test_a_wrong_signature_reports_nothing(sent: Delivery) -> None:
    assert mailgun(named(sent), "complaint", key="guessed") == 400
    assert states()["ann"] == Status.ACTIVE


@pytest.mark.parametrize("delivery", ["", "1.0123456789abcdef@hub.test", "x" * 100_000, "\0", "999999999999999999.1@x"])
def test_an_event_about_no_mail_of_ours_counts_for_nothing(report: Any, sent: Delivery, delivery: str) -> None:
    assert report(delivery, "complaint") == 200
    assert states()["ann"] == Status.ACTIVE


def test_an_event_about_somebody_else_than_the_mails_reader_counts_for_nothing(report: Any, sent: Delivery) -> None:
    assert report(named(sent), "complaint", to="bob@example.org") == 200
    assert report(named(sent), "bounce", to="nobody") == 200
    assert states() == {"ann": Status.ACTIVE, "bob": Status.ACTIVE}


def test_an_event_about_a_former_address_counts_for_nothing(report: Any, sent: Delivery) -> None:
    Subscriber.objects.filter(email=ANN).update(email="ann@example.net", mailbox="ann@example.net")
    assert report(named(sent), "bounce") == 200
    assert states()["ann"] == Status.ACTIVE


def test_who_came_back_since_is_not_unsubscribed_by_a_report_that_comes_again(sent: Delivery) -> None:
    before = (timezone.now() - timedelta(hours=1)).isoformat()
    Subscription.objects.update(status_changed_at=timezone.now())
    assert postmark(named(sent), "unsubscribe", at=before) == 200
    assert states()["ann"] == Status.ACTIVE


def test_an_event_about_an_erased_reader_changes_nothing(sent: Delivery) -> None:
    Subscriber.objects.filter(email=ANN).delete()
    for kind in ("bounce", "complaint", "unsubscribe"):
        assert postmark(named(sent), kind) == 200
    sent.refresh_from_db()
    assert sent.status == "accepted"


def test_what_cannot_be_recorded_is_reported_again(sent: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise OperationalError

    monkeypatch.setattr(provider_events, "record_report", fail)
    assert postmark(named(sent), "complaint") == 500
    monkeypatch.undo()


HARMLESS = ["{}", '{"RecordType": "Bounce"}']


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", "null", '{"RecordType": "Bounce"}', '{"Metadata": []}', "\0", "{" * 9999]
)
def test_nonsense_from_the_provider_harms_nobody(sent: Delivery, body: str) -> None:
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Basic {b64encode(SECRET.encode()).decode()}"}
    response = client.post("/n/e/postmark", body, content_type="application/json", headers=headers)
    assert response.status_code == (200 if body in HARMLESS else 400)
    assert states() == {"ann": Status.ACTIVE, "bob": Status.ACTIVE}


def test_looking_changes_nothing_and_other_providers_have_no_address(sent: Delivery) -> None:
    assert Client().get("/n/e/postmark").status_code == 405
    assert post("sparkpost", []) == 404
    assert Client().post("/n/e/postmark/inbound").status_code == 404


def test_without_a_secret_there_is_no_address(settings: Any) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": ""}
    assert provider_webhooks() == []
    assert [problem.id for problem in check_settings(None)] == ["hub_newsletters.E025"]


def test_a_provider_that_anymail_does_not_know_is_a_mistake(settings: Any) -> None:
    assert check_settings(None) == []
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"PROVIDER_WEBHOOKS": ["pigeon"]}
    (problem,) = check_settings(None)
    assert (problem.id, "'pigeon'" in problem.msg) == ("hub_newsletters.E025", True)
    assert "postmark" in str(problem.hint)
