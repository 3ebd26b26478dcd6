"""The fake mail server as a provider: anymail sends it two mails in one request, and it answers for each.

Everything except HTTP is the real code, so that the tests of `FakeTransport` can use pieces, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import requests
from anymail.backends.test import EmailBackend as TestBackend
from anymail.exceptions import AnymailRequestsAPIError
from anymail.message import AnymailRecipientStatus

from newsletters.sending.transport.anymail_transport import AnymailTransport
from newsletters.sending.transport.seam import Connection, MessageUnsendable, ReplyLost, TransportDown
from newsletters.testing import OUR_FAULT, FakeTransport, Handover

_STATUSES = {2: "sent", 4: "failed", 5: "rejected"}


@dataclass(kw_only=True)
class FakeProvider(FakeTransport):
    """A provider that follows the script of a `FakeTransport`, without idempotency keys.

    If one mail's answer is lost, the answer of its whole request is lost; if the provider does not accept one mail for
    sending, it accepts none of the request.
    """

    most: int = 2  # mails in one request
    requests: list[list[str]] = field(default_factory=list)  # the readers of each

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Connect anymail to this fake."""
        self._refuse_if_down()
        self.connections += 1
        path = "tests.newsletters.sending.fake_provider.EmailBackend"
        with AnymailTransport(backend=path, options={"server": self}, most=self.most).connect() as connection:
            yield connection

    def answer(self, emails: list[str]) -> dict[str, AnymailRecipientStatus]:
        """Return the outcome for each reader of one request."""
        if self.down_after is not None and len(self.handovers) >= self.down_after:
            raise _failure(503)
        self.requests.append(emails)
        for email in emails:
            message = EmailMessage()
            message["To"] = email
            self.on_send(message)
        outcomes = {email: self._next_outcome(email) for email in emails}
        lost = next((one for one in outcomes.values() if isinstance(one, ReplyLost)), None)
        stop = next((one for one in outcomes.values() if isinstance(one, TransportDown) or one == OUR_FAULT), None)
        for email, outcome in outcomes.items():
            if stop is None or outcome is stop:
                told = (stop is None and lost) or outcome
                self.handovers.append(Handover(recipient=email, sender="", data=b"", outcome=told))
        if stop is not None:
            raise _failure(401 if getattr(stop, "is_our_fault", True) else 503)
        if lost:
            raise AnymailRequestsAPIError(str(lost))
        return {email: AnymailRecipientStatus("7", _status_of(outcome)) for email, outcome in outcomes.items()}


def _status_of(outcome: Any) -> str:
    return "invalid" if isinstance(outcome, MessageUnsendable) else _STATUSES[outcome.code // 100]


def _failure(status: int) -> AnymailRequestsAPIError:
    response = requests.Response()
    response.status_code = status
    return AnymailRequestsAPIError(response=response)


class EmailBackend(TestBackend):
    """anymail's backend for the fake `server`, which counts as a provider with merge fields."""

    esp_name = "Mailgun"

    def __init__(self, *, server: FakeProvider, **options: Any) -> None:
        super().__init__(**options)
        self.server = server

    def post_to_esp(self, payload: Any, message: Any) -> Any:
        """Send the request to the fake."""
        return {"recipient_status": self.server.answer(payload.recipient_emails)}
