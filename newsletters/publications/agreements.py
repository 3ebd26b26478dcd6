"""What somebody agrees to with a button of a newsletter: the words beside it and the privacy statement."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from newsletters.publications.privacy_statements import PrivacyStatement


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """The words beside the button, and the privacy statement; a form sends their version back."""

    wording: str = ""
    statement: PrivacyStatement | None = None

    @property
    def version(self) -> str:
        """Sixteen hexadecimal digits that are the same for the same words and the same statement."""
        statement = [self.statement.url, self.statement.version] if self.statement else []
        return sha256(json.dumps([self.wording, *statement]).encode()).hexdigest()[:16]

    def as_shown(self, version: str) -> Agreement:
        """Return what the sender of a form was shown: this, or nothing if the form does not say which version it had.

        Call it with a version that is not outdated.
        """
        return self if version else NOTHING_SHOWN

    def is_outdated(self, version: str) -> bool:
        """Say whether a form with this version showed other words or another statement."""
        return version not in {"", self.version}


NOTHING_SHOWN = Agreement()
