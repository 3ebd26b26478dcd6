"""Search fields whose texts have composed accents, however the writer's program encoded them."""

from __future__ import annotations

from typing import TypeAlias
from unicodedata import normalize

from django.db.models import Model
from wagtail.search import index

IndexedField: TypeAlias = index.BaseField | index.RelatedFields


def composed(text: str) -> str:
    """Return the text in Unicode's form C: “é” as one character, not as “e” and a combining accent."""
    return normalize("NFC", text)


class _Composed:
    """A field of the search index, with composed text."""

    def get_value(self, obj: Model) -> object:
        """Return what the index holds for `obj`."""
        return _all_composed(super().get_value(obj))  # type: ignore[misc]


class SearchField(_Composed, index.SearchField):
    """Wagtail's search field, composed."""


class AutocompleteField(_Composed, index.AutocompleteField):
    """Wagtail's autocomplete field, composed."""


def with_composed_texts(fields: list[IndexedField]) -> list[IndexedField]:
    """Return these search fields, with those that hold text replaced by composed ones."""
    kinds = {index.SearchField: SearchField, index.AutocompleteField: AutocompleteField}
    return [kinds[type(field)](field.field_name, **field.kwargs) if type(field) in kinds else field for field in fields]


def _all_composed(value: object) -> object:
    if isinstance(value, str):
        return composed(value)
    return [_all_composed(part) for part in value] if isinstance(value, list) else value
