"""Send one edition as a test to a few addresses, with personal links that change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from wagtail.log_actions import log
from wagtail.models import PageLogEntry

from cms.values.mail_headers import POLICY, header_words
from newsletters.editions.compile_edition import CompiledEdition, compile_edition
from newsletters.editions.content import load_content
from newsletters.exceptions import NoWords, TooManyTests
from newsletters.issues.edition_list import EditionChoice
from newsletters.models import IssuePage, Newsletter, Subscriber
from newsletters.publications.permissions import require_editing
from newsletters.sending.mails.message import list_unsubscribe
from newsletters.sending.mails.own_words import own_words_of
from newsletters.sending.transport.message import set_bodies
from newsletters.sending.transport.seam import (
    Connection,
    ConnectionDropped,
    MessageUnsendable,
    ReplyLost,
    Transport,
    TransportDown,
)
from newsletters.values.addresses import address
from newsletters.values.personal_links import PersonalLinks
from newsletters.values.personal_parts import fill_html, fill_text, personal_parts
from newsletters.values.remarks import Remark, in_words

ACTION = "hub_newsletters.send_test"
MOST_ADDRESSES = 5
MOST_AN_HOUR = 30  # test mails of one person
MARK = "[TEST] "


@dataclass(frozen=True, kw_only=True)
class OutcomeOfTest:
    """What happened to one test mail; `problem` is empty if the server accepted it."""

    recipient: str
    problem: str = ""


def send_test(
    issue: IssuePage,
    *,
    edition: EditionChoice,
    reader: Subscriber | None,
    recipients: Sequence[str],
    is_marked: bool,
    transport: Transport,
    user: User,
    now: datetime,
) -> list[OutcomeOfTest]:
    """Send the edition of `issue` to `recipients`, and return what happened to each mail.

    It greets `reader`, or nobody in particular. `is_marked` puts [TEST] before the subject. Raises IssueProblem if it
    cannot be compiled, NoWords if the issue says nothing in its language, so that nobody would get it, TooManyTests if
    the user has sent MOST_AN_HOUR within the last hour. The audit log records it without the addresses.
    """
    require_editing(user, issue)
    newsletter = issue.newsletter
    content = load_content(issue, newsletter=newsletter, locale=edition.locale, now=now)
    if not content.says_something:
        raise NoWords(_("The issue says nothing in this language."))
    compiled = compile_edition(content, followed=edition.followed)
    if _sent_lately(user, now=now) + len(recipients) > MOST_AN_HOUR:
        raise TooManyTests
    log(instance=issue, action=ACTION, user=user, data={"edition": edition.key, "count": len(recipients)})
    try:
        with transport.connect() as connection:
            return [
                _send_mail(
                    connection,
                    recipient=recipient,
                    message=lambda to: _message(
                        compiled,
                        newsletter=newsletter,
                        language=edition.locale.language_code,
                        reader=reader,
                        recipient=to,
                        mark=MARK if is_marked else "",
                        now=now,
                    ),
                    newsletter=newsletter,
                )
                for recipient in recipients
            ]
    except TransportDown as error:
        problem = in_words(str(error))
        return [OutcomeOfTest(recipient=recipient, problem=problem) for recipient in recipients]


def _sent_lately(user: User, *, now: datetime) -> int:
    entries = PageLogEntry.objects.filter(action=ACTION, user=user, timestamp__gte=now - timedelta(hours=1))
    return sum(entry.data.get("count", 0) for entry in entries)


def _send_mail(
    connection: Connection, *, recipient: str, message: Callable[[str], EmailMessage], newsletter: Newsletter
) -> OutcomeOfTest:
    try:
        reply = connection.send(message(recipient), sender=newsletter.sender_email, recipient=recipient)
    except ConnectionDropped as error:
        problem = in_words(Remark.HUNG_UP.with_detail(error))
    except TransportDown as error:
        problem = in_words(str(error))
    except ReplyLost as error:
        problem = _("It may have arrived: the mail server did not confirm it (%(error)s).") % {"error": error}
    except (MessageUnsendable, ValueError) as error:
        problem = _("A mail cannot be sent to this address: %(error)s") % {"error": in_words(str(error))}
    else:
        refusal = _("The mail server rejected it: %(reply)s") % {"reply": f"{reply.code} {reply.text}"}
        problem = "" if reply.code == 250 else refusal
    return OutcomeOfTest(recipient=recipient, problem=problem)


def _message(
    compiled: CompiledEdition,
    *,
    newsletter: Newsletter,
    language: str,
    reader: Subscriber | None,
    recipient: str,
    mark: str,
    now: datetime,
) -> EmailMessage:
    links = PersonalLinks.of_a_test(language=language)
    parts = personal_parts(
        language=language,
        first_name=reader.first_name if reader else "",
        links=links,
        greeting=compiled.greeting,
        own_words=own_words_of(reader, greeting=compiled.greeting, language=language),
    )
    message = EmailMessage(policy=POLICY)
    message["From"] = address(newsletter.sender_email, name=newsletter.sender_name)
    message["To"] = address(recipient, name="")
    message["Reply-To"] = address(newsletter.reply_to, name=newsletter.sender_name)
    message["Subject"] = header_words(mark + compiled.subject)
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=newsletter.domain)
    message["List-Id"] = f"<{newsletter.list_id}>"
    message["List-Unsubscribe"] = list_unsubscribe(links, newsletter=newsletter)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    set_bodies(
        message,
        text=fill_text(compiled.text, parts=parts),
        html=fill_html(compiled.html, parts=parts),
        language=language,
    )
    return message
