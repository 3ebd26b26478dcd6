"""A fake for tests: a receiver that gives the answers it was made with, and keeps what it got.

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
    """A request that the fake received."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(kw_only=True)
class FakeReceiver:
    """Answers with each of `answers` in turn, then keeps repeating the last; raises those that are exceptions."""

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
