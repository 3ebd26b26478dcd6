"""A fake for tests: a receiver that answers as told and keeps what it got.

receiver = FakeReceiver(answers=[TooSlow(), Answer(status=200)])
send_due(endpoint.pk, post=receiver, clock=clock, chance=lambda: 0.0)
assert receiver.got[0].headers["webhook-id"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cms.webhooks.client import Answer, NoAnswer

TAKEN = Answer(status=200, excerpt="thanks")


@dataclass(frozen=True, kw_only=True)
class Message:
    """One request as it came to the fake."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(kw_only=True)
class FakeReceiver:
    """Answers with `answers`, one after the other; the last one holds from then on. An exception is raised."""

    answers: Sequence[Answer | NoAnswer] = (TAKEN,)
    got: list[Message] = field(default_factory=list)
    on_message: Callable[[Message], None] = lambda _message: None

    def __call__(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Keep the message and answer."""
        message = Message(url=url, body=body, headers=headers)
        answer = self.answers[min(len(self.got), len(self.answers) - 1)]
        self.got.append(message)
        self.on_message(message)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer
