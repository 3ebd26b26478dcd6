"""Send through any Django email backend, such as anymail's for a provider's API."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from typing import TypeVar, cast

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMultiAlternatives

from cms.background.compat import mail_backend
from cms.network import our_backend
from cms.values.mail_headers import POLICY
from newsletters.sending.transport.conversation import as_reply
from newsletters.sending.transport.outages import as_outage
from newsletters.sending.transport.seam import (
    HeldBack,
    MessageUnsendable,
    OutgoingMail,
    Reply,
    ReplyLost,
    TakeOff,
    TransportDown,
    at_once,
)
from newsletters.values.remarks import Remark

OWN_HEADERS = {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}


class BackendTransport:
    """The Django email backend at the import path `backend`, made with `options`."""

    most = 1

    def __init__(self, *, backend: str, options: Mapping[str, object] | None = None) -> None:
        self.backend, self.options = our_backend(backend), dict(options or {})

    @contextmanager
    def connect(self) -> Iterator[BackendConnection]:
        """Make the backend and open it, so that an outage shows before a message is sent."""
        backend = mail_backend(backend=self.backend, options=self.options)
        try:
            try:
                backend.open()
            except (smtplib.SMTPException, OSError) as error:
                raise as_outage(error) from error
            yield BackendConnection(backend)
        finally:
            backend.close()


class BackendConnection:
    """A Django email backend that is given one message at a time."""

    def __init__(self, backend: BaseEmailBackend) -> None:
        self.backend = backend

    def hand_over(
        self,
        mail: OutgoingMail,
        *,
        following: OutgoingMail | None = None,  # noqa: ARG002 - named by the protocol `Connection`
        take_off: TakeOff,
    ) -> Reply:
        """Send one of many mails; a backend has no use for the following one."""
        return self._send(mail.as_message(), sender=mail.sender, recipient=mail.recipient, take_off=take_off)

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Send one message; a backend only says whether it accepted it."""
        return self._send(message, sender=sender, recipient=recipient, take_off=at_once)

    def _send(self, message: EmailMessage, *, sender: str, recipient: str, take_off: TakeOff) -> Reply:
        mail = as_django_message(message, recipient=recipient, kind=ReadyForDjango)
        if not take_off():
            raise HeldBack
        try:
            taken = self.backend.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            return as_reply(*next(iter(error.recipients.values())))
        except smtplib.SMTPSenderRefused as error:
            # As over SMTP: every other message would be refused, too.
            reply = as_reply(error.smtp_code, error.smtp_error)
            why = Remark.SENDER_REFUSED.with_detail(f"{sender}: {reply.code} {reply.text}")
            raise TransportDown(why, is_our_fault=reply.code >= 500) from error
        except smtplib.SMTPResponseException as error:
            return as_reply(error.smtp_code, error.smtp_error)
        except (ValueError, UnicodeError) as error:
            raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ReplyLost(str(error)) from error
        return Reply(code=250, text="taken by the backend") if taken else Reply(code=450, text="not taken")


class _Wire(EmailMessage):
    """A message that is serialised with its own policy, whatever policy a backend asks for."""

    def as_bytes(self, *_args: object, **_kwargs: object) -> bytes:
        return super().as_bytes()


class ReadyForDjango(EmailMultiAlternatives):
    """Django's class for a mail that is made already.

    Providers' backends read its fields. Other backends call `message()`, which in Django would make the mail again and
    turn a long List-Unsubscribe into encoded words, in which no mail client finds an address.
    """

    ready: EmailMessage

    def message(self, *_args: object, **_kwargs: object) -> EmailMessage:
        """Return the mail as it was made."""
        wire = message_from_bytes(self.ready.as_bytes(policy=POLICY), _class=_Wire, policy=POLICY)
        return cast("_Wire", wire)


Kind = TypeVar("Kind", bound=ReadyForDjango)


def as_django_message(message: EmailMessage, *, recipient: str, kind: type[Kind]) -> Kind:
    """Return the same mail as `kind`, a class of Django's that holds a ready mail."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    mail = kind(
        subject=message["Subject"],
        body=text.get_content() if text else "",
        from_email=message["From"],
        to=[message["To"] or recipient],
        headers={name: value for name, value in message.items() if name.lower() not in OWN_HEADERS},
    )
    mail.ready = message
    if html:
        mail.attach_alternative(html.get_content(), "text/html")
    return mail
