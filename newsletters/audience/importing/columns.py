"""Match the columns of a table to what is imported, by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from newsletters.audience.importing.fields import Field, Provider, State
from newsletters.audience.importing.names import field_named, plain, provider_of, state_of_file


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column, and what it is taken for: a field, or an own field by its key; without either it is ignored."""

    name: str
    field: Field | None
    own_field: str = ""


@dataclass(frozen=True, kw_only=True)
class Matching:
    """What each column of a table is taken for, and whose export it looks like."""

    columns: tuple[Column, ...]
    provider: Provider | None = None
    state: State = State.SUBSCRIBED  # of a row in which no column says one

    @property
    def has_addresses(self) -> bool:
        """Say whether a column holds the addresses; without one, nothing can be imported."""
        return bool(self.places_of(Field.EMAIL))

    def places_of(self, field: Field) -> tuple[int, ...]:
        """Return the places of the columns for this field, the first being 0."""
        return tuple(place for place, column in enumerate(self.columns) if column.field == field)

    def places_of_own_fields(self) -> dict[str, int]:
        """Return the places of the columns for own fields, by the keys of the fields."""
        return {column.own_field: place for place, column in enumerate(self.columns) if column.own_field}

    def with_field(self, place: int, *, field: Field | None) -> Self:
        """Return the matching with another use of the column at this place; it takes the field from other columns."""
        columns = [
            replace(column, field=None) if column.field == field and field not in Field.of_several_columns() else column
            for column in self.columns
        ]
        columns[place] = replace(columns[place], field=field)
        return replace(self, columns=tuple(columns))

    def with_state(self, state: State) -> Self:
        """Return the matching with another state for rows in which no column says one."""
        return replace(self, state=state)


def match_columns(
    header: Sequence[str],
    *,
    name: str = "",
    provider: Provider | None = None,
    own_fields: Mapping[str, Sequence[str]] | None = None,
) -> Matching:
    """Return what the columns of a table are taken for.

    `name` is the file's own name, by which Mailchimp tells its files apart; `provider` replaces the guess. `own_fields`
    are the names of own fields by their keys; a column that is known anyway is none of them.
    """
    names = list(header)
    provider = provider or provider_of(names)
    found = [field_named(column) for column in names]
    best: dict[Field, int] = {}
    for match in found:
        if match:
            best[match[0]] = min(match[1], best.get(match[0], match[1]))
    columns = tuple(
        Column(name=column, field=match[0] if match and _is_taken(match, best=best) else None)
        for column, match in zip(names, found, strict=True)
    )
    has_first_names = any(column.field == Field.FIRST_NAME for column in columns)
    if has_first_names:
        columns = tuple(replace(column, field=None) if column.field == Field.NAME else column for column in columns)
    columns = _with_own_fields(columns, own_fields or {})
    return Matching(columns=columns, provider=provider, state=state_of_file(provider=provider, header=names, name=name))


def _with_own_fields(columns: tuple[Column, ...], own_fields: Mapping[str, Sequence[str]]) -> tuple[Column, ...]:
    """Take columns that are nothing else for the own fields whose name they have; each field is taken once."""
    keys = {plain(name): key for key, names in own_fields.items() for name in (*names, key)}
    taken: set[str] = set()
    found = []
    for column in columns:
        key = keys.get(plain(column.name), "") if column.field is None and not field_named(column.name) else ""
        found.append(replace(column, own_field="" if key in taken else key))
        taken.add(key)
    return tuple(found)


def _is_taken(match: tuple[Field, int], *, best: dict[Field, int]) -> bool:
    field, rank = match
    return field in Field.of_several_columns() or rank == best[field]
