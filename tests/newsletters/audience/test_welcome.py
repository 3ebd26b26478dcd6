"""The welcome mail: once for each confirmation, with the last issue to read and the reader's own links."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from newsletters.audience.actions.change_subscription import unsubscribe
from newsletters.audience.actions.confirm_sign_up import confirm_sign_up
from newsletters.audience.actions.join_newsletter import join_newsletter
from newsletters.audience.tasks import start_welcomes, welcome_by_mail
from newsletters.conf import conf
from newsletters.models import ConsentSource, Newsletter, SignUp, Subscription
from newsletters.sending.transport.seam import Reply, ReplyLost, TransportDown
from newsletters.testing import FakeTransport
from newsletters.values.personal_links import PersonalLinks
from tests.newsletters.building import Hub


@pytest.fixture(autouse=True)
def mails(settings: Any) -> FakeTransport:
    transport = FakeTransport()
    settings.HUB_NEWSLETTERS = settings.HUB_NEWSLETTERS | {"TRANSPORT": transport.as_setting()}
    return transport


def confirm(hub: Hub, name: str = "eve", *, language: str = "en") -> SignUp:
    asked = hub.ask(name, language=language)
    assert confirm_sign_up(asked, wording="", now=timezone.now())
    return asked


def sent(mails: FakeTransport) -> EmailMessage:
    (attempt,) = mails.handovers
    return message_from_bytes(attempt.data, policy=policy.default)


def bodies(mail: EmailMessage) -> list[str]:
    return [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]  # type: ignore[union-attr]


def test_it_is_sent_once_with_their_links_and_its_headers(hub: Hub, mails: FakeTransport) -> None:
    asked = confirm(hub)
    confirm_sign_up(asked, wording="", now=timezone.now())  # a second click
    for _run in range(2):
        welcome_by_mail.call(asked.pk)
    mail = sent(mails)
    assert (mail["To"], mail["Subject"]) == ("eve@example.org", "Welcome: The Letter")
    assert mail["Auto-Submitted"] == "auto-generated"
    links = PersonalLinks.of(Subscription.objects.get().pk)
    assert mail["List-Unsubscribe"].startswith(f"<{links.unsubscribe}>, <mailto:")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<letter.hub.test>"
    for body in bodies(mail):
        assert links.unsubscribe in body
        assert links.preferences in body
        assert "-preferences" not in body
        assert "Read the last issue" not in body


@pytest.mark.parametrize("language", ["en", "nl"])
def test_it_leads_to_the_last_issue_in_their_language(
    hub: Hub, mails: FakeTransport, client: Client, language: str
) -> None:
    hub.subscribe("ann", "bob")
    hub.subscribe("nel", language="nl")
    hub.send()
    issue = f"http://hub.test/n/i/{hub.issue.pk}/{language}"
    welcome_by_mail.call(confirm(hub, language=language).pk)
    for body in bodies(sent(mails)):
        assert issue in body
    assert client.get(issue.removeprefix("http://hub.test")).status_code == 200


def test_an_issue_that_is_not_public_is_not_linked(hub: Hub, mails: FakeTransport) -> None:
    hub.subscribe("ann")
    hub.send()
    hub.issue.refresh_from_db()
    hub.issue.unpublish()
    welcome_by_mail.call(confirm(hub).pk)
    assert "/n/i/" not in bodies(sent(mails))[0]


def test_a_newsletter_can_turn_it_off(hub: Hub) -> None:
    Newsletter.objects.update(sends_welcome=False)
    assert confirm(hub).welcome_due_at is None


def test_who_joins_on_their_page_gets_none(hub: Hub) -> None:
    (ann,) = hub.subscribe("ann", status=Subscription.Status.ENDED)
    text: Any = hub.newsletter.text_in(hub.locales["en"])
    join_newsletter(
        ann.subscriber, newsletter=hub.newsletter, locale=text.locale, wording="", statement=None, now=timezone.now()
    )
    assert start_welcomes() == 0


def test_who_left_again_gets_none(hub: Hub, mails: FakeTransport) -> None:
    asked = confirm(hub)
    unsubscribe(Subscription.objects.get(), source=ConsentSource.ONE_CLICK, now=timezone.now())
    welcome_by_mail.call(asked.pk)
    assert mails.handovers == []


@pytest.mark.parametrize(
    ("answer", "times"),
    [(TransportDown("no server"), 2), (Reply(code=451, text="later"), 2), (ReplyLost("lost"), 1)],
)
def test_it_waits_for_the_server_and_is_never_sent_twice(
    hub: Hub, mails: FakeTransport, answer: Any, times: int
) -> None:
    asked = confirm(hub)
    mails.replies = {"eve@example.org": [answer, Reply(code=250, text="ok")]}
    for _run in range(3):
        welcome_by_mail.call(asked.pk)
    assert len(mails.handovers) == times


def test_a_welcome_whose_worker_is_killed_is_sent_all_the_same(hub: Hub, mails: FakeTransport) -> None:
    asked = confirm(hub)

    def killed(_message: object) -> None:
        raise KeyboardInterrupt

    mails.on_send = killed
    with pytest.raises(KeyboardInterrupt):
        welcome_by_mail.call(asked.pk)
    mails.on_send = lambda _message: None
    sent_before = len(mails.handovers)
    welcome_by_mail.call(asked.pk)
    assert len(mails.handovers) == sent_before  # it may still be at work
    SignUp.objects.update(welcomed_at=timezone.now() - timedelta(seconds=conf.RETRY_FIRST_SECONDS))
    for _run in range(2):
        welcome_by_mail.call(asked.pk)
    assert len(mails.handovers) == sent_before + 1


def test_two_tasks_for_one_welcome_send_one_mail(hub: Hub, mails: FakeTransport) -> None:
    asked = confirm(hub)

    def meanwhile(_message: object) -> None:
        mails.on_send = lambda _message: None
        welcome_by_mail.call(asked.pk)

    mails.on_send = meanwhile
    welcome_by_mail.call(asked.pk)
    assert len(mails.handovers) == 1


def test_the_clock_starts_it_and_gives_up_in_the_end(hub: Hub, mails: FakeTransport) -> None:
    asked = confirm(hub)
    assert start_welcomes() == 1
    assert start_welcomes() == 0  # under way
    late = timezone.now() - timedelta(days=conf.CONFIRM_WITHIN_DAYS + 2)
    SignUp.objects.update(welcome_due_at=timezone.now(), requested_at=late)
    assert start_welcomes() == 0
    welcome_by_mail.call(asked.pk)
    assert mails.recipients.count("eve@example.org") <= 1


def test_a_domain_with_accents_is_handed_over_in_ascii(hub: Hub, mails: FakeTransport) -> None:
    asked = hub.ask("eve")
    asked.email = "eve@bücher.example"
    asked.save()
    assert confirm_sign_up(asked, wording="", now=timezone.now())
    welcome_by_mail.call(asked.pk)
    assert mails.recipients == ["eve@xn--bcher-kva.example"]
