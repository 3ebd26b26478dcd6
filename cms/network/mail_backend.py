"""Django's own mails (to staff, for passwords) over SMTP, with headers written like those of newsletters."""

from __future__ import annotations

from email.message import EmailMessage

import django
from django.core import mail

from cms.network.smtp import EmailBackend
from cms.values.mail_headers import POLICY


class SmtpBackend(EmailBackend):
    """Django's backend with deadlines, and with our policy: since version 6 Python's email package folds headers."""

    def _send(self, email_message: mail.EmailMessage) -> bool:
        message = email_message if django.VERSION < (6, 0) else _WithPolicy(email_message)
        return super()._send(message)  # type: ignore[misc]  # the stubs leave it out


class _WithPolicy:
    """A mail that uses our policy, whatever policy the backend asks for."""

    def __init__(self, message: mail.EmailMessage) -> None:
        self._message = message

    def __getattr__(self, name: str) -> object:
        return getattr(self._message, name)

    def message(self, **_kwargs: object) -> EmailMessage:
        made: EmailMessage = self._message.message(policy=POLICY)
        return made
