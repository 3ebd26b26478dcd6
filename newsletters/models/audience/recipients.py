"""Whom an issue is sent to, as values: segments as they were at one moment, whatever becomes of them later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self, TypedDict

from django.utils.translation import get_language


@dataclass(frozen=True, kw_only=True)
class Condition:
    """What somebody chose about readers; `kind` names how the values are read (audience.segments.kinds)."""

    kind: str
    values: Mapping[str, object]


class StoredSegment(TypedDict):
    """A segment as it is kept in a row of another model."""

    key: int
    newsletter: int
    name: str
    match: str
    conditions: list[dict[str, object]]
    words: dict[str, str]
    issue: int | None


@dataclass(frozen=True, kw_only=True)
class FrozenSegment:
    """A segment with its conditions at one moment; `words` say in each language of the admin what they were.

    `key`, `newsletter` and `issue`, the issue that it is to be sent, are primary keys. "The latest issues" are those
    before that one, also while it is being sent and after later ones.
    """

    key: int
    newsletter: int
    name: str
    match: str
    conditions: tuple[Condition, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    issue: int | None = None

    @property
    def fingerprint(self) -> str:
        """What an approval is bound to: which segment, and who is in it. Another name changes nothing."""
        return json.dumps([self.key, self.match, [asdict(each) for each in self.conditions]], sort_keys=True)

    @property
    def in_words(self) -> str:
        """The conditions in the active language, or in any that there is."""
        return self.words.get(get_language() or "") or next(iter(self.words.values()), "")

    def to_json(self) -> StoredSegment:
        """Return the value as JSON can hold it."""
        return {
            "key": self.key,
            "newsletter": self.newsletter,
            "name": self.name,
            "match": self.match,
            "conditions": [asdict(condition) for condition in self.conditions],
            "words": dict(self.words),
            "issue": self.issue,
        }

    @classmethod
    def from_json(cls, stored: StoredSegment) -> Self:
        """Return the value that `to_json` stored."""
        return cls(
            key=stored["key"],
            newsletter=stored["newsletter"],
            name=stored["name"],
            match=stored["match"],
            conditions=read_conditions(stored["conditions"]),
            words=stored["words"],
            issue=stored["issue"],
        )


def read_conditions(stored: object) -> tuple[Condition, ...]:
    """Return the conditions in a stored list; whatever is no condition becomes one of a kind that does not exist.

    It is not left out: a rule with fewer conditions would mean other people.
    """
    return tuple(_read_condition(row) for row in stored) if isinstance(stored, list) else ()


def _read_condition(row: object) -> Condition:
    kind, values = (row.get("kind"), row.get("values")) if isinstance(row, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(values, dict):
        return Condition(kind="", values={})
    return Condition(kind=kind, values=values)


class StoredRecipients(TypedDict, total=False):
    """Recipients as a dispatch keeps them; empty for all readers."""

    send_to: StoredSegment
    not_to: StoredSegment


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """Whom an issue is sent to: all readers or those in `send_to`, but not those in `not_to`."""

    send_to: FrozenSegment | None = None
    not_to: FrozenSegment | None = None

    @property
    def segments(self) -> list[FrozenSegment]:
        """The segments that limit the recipients; none if the issue goes to all readers."""
        return [segment for segment in (self.send_to, self.not_to) if segment]

    @property
    def fingerprints(self) -> list[str]:
        """What an approval is bound to; empty if the issue goes to all readers."""
        named = {"send to": self.send_to, "not to": self.not_to}
        return [f"{role} {segment.fingerprint}" for role, segment in named.items() if segment]

    def to_json(self) -> StoredRecipients:
        """Return the value as JSON can hold it."""
        stored: StoredRecipients = {}
        if self.send_to:
            stored["send_to"] = self.send_to.to_json()
        if self.not_to:
            stored["not_to"] = self.not_to.to_json()
        return stored

    @classmethod
    def from_json(cls, stored: StoredRecipients) -> Self:
        """Return the value that `to_json` stored."""
        send_to, not_to = stored.get("send_to"), stored.get("not_to")
        return cls(
            send_to=FrozenSegment.from_json(send_to) if send_to else None,
            not_to=FrozenSegment.from_json(not_to) if not_to else None,
        )


ALL_READERS = Recipients()
