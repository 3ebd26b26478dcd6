"""Send through any Django email backend, such as anymail's for a provider's API."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage as Message
from typing import Any

from django.core.mail.message import EmailMultiAlternatives
from django.utils.module_loading import import_string

from newsletters.remarks import Remark
from newsletters.sending.smtp import as_reply
from newsletters.sending.transport import MessageUnsendable, Reply, ReplyLost, TransportDown

OWN_HEADERS = {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}


class BackendTransport:
    """The Django email backend at the import path `backend`, made with `options`."""

    def __init__(self, *, backend: str, options: dict[str, Any] | None = None) -> None:
        self.backend, self.options = backend, options or {}

    @contextmanager
    def connect(self) -> Iterator[BackendConnection]:
        """Make the backend and open it, so that an outage shows before a message is handed over."""
        backend = import_string(self.backend)(**self.options)
        try:
            try:
                backend.open()
            except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
                raise TransportDown(str(error), is_our_fault=True) from error
            except (smtplib.SMTPException, OSError) as error:
                raise TransportDown(str(error)) from error
            yield BackendConnection(backend)
        finally:
            backend.close()


class BackendConnection:
    """A Django email backend, given one message at a time."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend

    def send(self, message: Message, *, sender: str, recipient: str) -> Reply:
        """Send one message; a backend says no more than whether it took it."""
        try:
            taken = self.backend.send_messages([as_django_message(message, sender=sender, recipient=recipient)])
        except smtplib.SMTPRecipientsRefused as error:
            return as_reply(*next(iter(error.recipients.values())))
        except smtplib.SMTPSenderRefused as error:
            # As over SMTP: every other message would be refused as well.
            raise TransportDown(str(error), is_our_fault=error.smtp_code >= 500) from error
        except smtplib.SMTPResponseException as error:
            return as_reply(error.smtp_code, error.smtp_error)
        except (ValueError, UnicodeError) as error:
            raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ReplyLost(str(error)) from error
        return Reply(code=250, text="taken by the backend") if taken else Reply(code=450, text="not taken")


def as_django_message(message: Message, *, sender: str, recipient: str) -> EmailMultiAlternatives:
    """Return the same mail as Django's own class."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    mail = EmailMultiAlternatives(
        subject=message["Subject"],
        body=text.get_content() if text else "",
        from_email=message["From"],
        to=[message["To"] or recipient],
        headers={name: value for name, value in message.items() if name.lower() not in OWN_HEADERS},
    )
    if html:
        mail.attach_alternative(html.get_content(), "text/html")
    return mail
