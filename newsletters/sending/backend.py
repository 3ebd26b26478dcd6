"""Send through any Django email backend, such as anymail's for a provider's API."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage as Message
from typing import Any

from django.core.mail.message import EmailMultiAlternatives
from django.utils.module_loading import import_string

from newsletters.sending.transport import MessageUnsendable, Reply, ReplyLost

OWN_HEADERS = {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}


class BackendTransport:
    """The Django email backend at the import path `backend`, made with `options`."""

    def __init__(self, *, backend: str, options: dict[str, Any] | None = None) -> None:
        self.backend, self.options = backend, options or {}

    @contextmanager
    def connect(self) -> Iterator[BackendConnection]:
        """Make the backend; it connects when it sends."""
        backend = import_string(self.backend)(**self.options)
        try:
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
            code, text = next(iter(error.recipients.values()))
            return Reply(code=code, text=text.decode("utf-8", "replace"))
        except smtplib.SMTPResponseException as error:
            return Reply(code=error.smtp_code, text=str(error.smtp_error))
        except (ValueError, UnicodeError) as error:
            raise MessageUnsendable(str(error)) from error
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
