"""Why something did not happen, kept as a code and a message in each language, so that everyone reads their own."""

from __future__ import annotations

import json
from typing import TypedDict

from django.conf import settings
from django.utils import translation


class KeptReason(TypedDict):
    """An error as it is stored: the name of its class, and its message by language."""

    code: str
    words: dict[str, str]


def to_keep(error: Exception) -> KeptReason:
    """Return what is stored of an error: its class as the code, and its message in each language of the admin.

    Only the plugin can word what its check found, and only now, so the messages are stored.
    """
    words = {}
    for language, _name in settings.WAGTAILADMIN_PERMITTED_LANGUAGES:
        with translation.override(language):
            words[language] = str(error)
    return {"code": type(error).__name__, "words": words}


def as_text(kept: KeptReason) -> str:
    """Return a reason for a text column."""
    return json.dumps(kept, ensure_ascii=False)


def in_words(kept: str | KeptReason) -> str:
    """Return a kept reason in the active language, else in the project's; an old plain sentence as it is."""
    if isinstance(kept, str):
        try:
            kept = json.loads(kept)
        except ValueError:
            return str(kept)
    if not isinstance(kept, dict):
        return str(kept)
    words: dict[str, str] = kept.get("words", {})
    language = (translation.get_language() or "").partition("-")[0]
    return words.get(language) or words.get(settings.LANGUAGE_CODE) or kept.get("code", "")
