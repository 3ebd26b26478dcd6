"""What people say about themselves when they sign up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class SubscriberDetails:
    """A subscriber's own details; each has the same name in the model, in the forms and in the API."""

    email: str
    first_name: str = ""

    @classmethod
    def of(cls, answers: Mapping[str, str]) -> Self:
        """Return the details among the answers of a valid form or request."""
        return cls(**{field.name: answers[field.name] for field in fields(cls)})
