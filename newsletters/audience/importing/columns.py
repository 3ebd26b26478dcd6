"""Match the columns of a table to what is imported, by their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from newsletters.audience.importing.fields import Field, Provider, State
from newsletters.audience.importing.names import field_named, provider_of, state_of_file


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column, and what it is taken for; None is ignored."""

    name: str
    field: Field | None


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


def match_columns(header: Sequence[str], *, name: str = "", provider: Provider | None = None) -> Matching:
    """Return what the columns of a table are taken for.

    `name` is the file's own name, by which Mailchimp tells its files apart; `provider` replaces the guess.
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
    return Matching(columns=columns, provider=provider, state=state_of_file(provider=provider, header=names, name=name))


def _is_taken(match: tuple[Field, int], *, best: dict[Field, int]) -> bool:
    field, rank = match
    return field in Field.of_several_columns() or rank == best[field]
