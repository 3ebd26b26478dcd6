"""Welcome whoever confirmed a request: the last issue to read, and the links to their choices and to leaving."""

from __future__ import annotations

from datetime import datetime

from newsletters.audience.notice_mail import notice_message, notice_of
from newsletters.audience.notice_words import NoticeKind
from newsletters.audience.queries import latest_issue_url
from newsletters.models import SignUp, Subscription
from newsletters.sending.mails.message import list_unsubscribe
from newsletters.sending.transport.seam import configured_transport
from newsletters.sending.transport.verdicts import Verdict, verdict_on
from newsletters.values.personal_links import PersonalLinks


def send_welcome(sign_up: SignUp, *, now: datetime) -> bool:
    """Send the mail; return False if the server asks to try later. Whoever has left by now gets none.

    Raises TransportDown or ReplyLost if the server cannot be reached.
    """
    newsletter = sign_up.newsletter
    active = Subscription.objects.filter(newsletter=newsletter, status=Subscription.Status.ACTIVE)
    subscription = active.filter(subscriber__mailbox=sign_up.mailbox).select_related("subscriber", "locale").first()
    if subscription is None or not newsletter.sends_welcome:
        return True
    links = PersonalLinks.of(subscription.pk)
    issue_url = latest_issue_url(newsletter, locale=subscription.locale, now=now)
    kind = NoticeKind.WELCOME_WITH_ISSUE if issue_url else NoticeKind.WELCOME
    message = notice_message(
        notice_of(kind, newsletter=newsletter, locale=subscription.locale),
        newsletter=newsletter,
        email=subscription.subscriber.email,
        url=issue_url or links.preferences,
        links=links,
        now=now,
    )
    message["List-Id"] = f"<{newsletter.list_id}>"
    message["List-Unsubscribe"] = list_unsubscribe(links, newsletter=newsletter, subscription_pk=subscription.pk)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    recipient = message["To"].addresses[0].addr_spec  # its domain in ASCII
    with configured_transport().connect() as connection:
        reply = connection.send(message, sender=newsletter.sender_email, recipient=recipient)
    return verdict_on(reply) not in {Verdict.LATER, Verdict.OUR_FAULT}
