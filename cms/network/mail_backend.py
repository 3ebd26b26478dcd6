"""Django's own mails (to staff, for passwords) over SMTP, their headers written as those of newsletters are."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import django

from cms.network.smtp import EmailBackend
from cms.values.mail_headers import POLICY


class SmtpBackend(EmailBackend):
    """Django's backend, with deadlines; from version 6 on Django leaves folding to Python's email package."""

    def _send(self, email_message: Any) -> bool:
        mail = email_message if django.VERSION < (6, 0) else _WithPolicy(email_message)
        return super()._send(mail)  # type: ignore[misc]  # the stubs leave it out


class _WithPolicy:
    """A mail that is made under our policy, whatever a backend asks for."""

    def __init__(self, mail: Any) -> None:
        self._mail = mail

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mail, name)

    def message(self, **_kwargs: Any) -> EmailMessage:
        made: EmailMessage = self._mail.message(policy=POLICY)
        return made
