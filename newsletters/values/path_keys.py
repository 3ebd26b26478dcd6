"""The keys of rows in URLs: no more digits than a database takes, so that a longer number is not found."""

from __future__ import annotations

import re

from django.urls import register_converter
from django.urls.converters import IntConverter


class KeyConverter(IntConverter):
    """`<key:issue_pk>`, instead of `<int:issue_pk>`, which accepts numbers that SQLite cannot look up."""

    regex = "[0-9]{1,18}"


def is_key(word: str) -> bool:
    """Say whether this can be the key of a row."""
    return re.fullmatch(KeyConverter.regex, word) is not None


register_converter(KeyConverter, "key")
