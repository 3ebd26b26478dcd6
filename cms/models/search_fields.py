"""What search compares: letters with their accents, however the writer's program composed them."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from wagtail.search import index


def composed(text: str) -> str:
    """Return the text with each accent in its letter (Unicode's form C): "é" may be written as "e" and an accent."""
    return normalize("NFC", text)


class _Composed:
    """A field of the search index, whose text stands there composed."""

    def get_value(self, obj: Any) -> Any:
        """Return what is indexed of `obj`."""
        return _all_composed(super().get_value(obj))  # type: ignore[misc]


class SearchField(_Composed, index.SearchField):
    """Wagtail's, composed."""


class AutocompleteField(_Composed, index.AutocompleteField):
    """Wagtail's, composed."""


def with_composed_texts(fields: list[Any]) -> list[Any]:
    """Return search fields with the texts among them composed."""
    kinds = {index.SearchField: SearchField, index.AutocompleteField: AutocompleteField}
    return [kinds[type(field)](field.field_name, **field.kwargs) if type(field) in kinds else field for field in fields]


def _all_composed(value: Any) -> Any:
    if isinstance(value, str):
        return composed(value)
    return [_all_composed(part) for part in value] if isinstance(value, list) else value
