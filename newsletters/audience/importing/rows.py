"""What a row of a matched table says about a person, or why nothing can be made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from newsletters.audience.importing.columns import Matching
from newsletters.audience.importing.dates import UnclearDate, read_day, read_moment
from newsletters.audience.importing.fields import Field, Provider, State
from newsletters.audience.importing.languages import language_codes
from newsletters.audience.importing.names import is_complaint, plain, state_named
from newsletters.audience.importing.table import Row
from newsletters.models import OwnField
from newsletters.values.addresses import clean_address, mailbox_of

MOST_CHARACTERS_OF_A_NAME = 80  # as in the columns of the tables
MOST_CHARACTERS_OF_A_MAILBOX = 320
MOST_CHARACTERS_OF_THEMES = 255

_BETWEEN_THEMES = re.compile(r"[,;|\n]")


@dataclass(frozen=True, kw_only=True)
class ImportRow:
    """What a row says about a person."""

    number: int
    email: str
    first_name: str
    language: str  # one of the offered codes, or "" if the row names none
    theme_slugs: tuple[str, ...]
    unknown_themes: tuple[str, ...]  # as they were written
    state: State
    state_at: datetime | None  # when somebody left or was set aside, if that is known
    consent_at: datetime | None
    evidence: str
    note: str
    answers: Mapping[str, str]  # to own fields, by their keys, as they are kept
    unclear_answers: tuple[str, ...]  # why cells for own fields are left out, in words for people


@dataclass(frozen=True, kw_only=True)
class RowProblem:
    """Why a row is left out, in words for people."""

    number: int
    email: str  # or what stands in its place
    reasons: tuple[str, ...]


class RowReader:
    """Reads the rows of one table."""

    def __init__(
        self,
        *,
        matching: Matching,
        languages: Collection[str],  # the offered codes
        themes: Mapping[str, Collection[str]],  # the names of the offered themes, in all languages, by their slugs
        own_fields: Iterable[OwnField] = (),
        zone: tzinfo,  # of dates and times that name none
        now: datetime,
    ) -> None:
        self._matching, self._zone, self._now = matching, zone, now
        self._places = {field: matching.places_of(field) for field in Field}
        places = matching.places_of_own_fields()
        self._own_fields = [(each, places[each.key]) for each in own_fields if each.key in places]
        self._languages = language_codes(languages)
        self._themes = {plain(name): slug for slug, names in themes.items() for name in (*names, slug)}

    def read(self, row: Row) -> ImportRow | RowProblem:
        """Return what the row says.

        Whoever left, bounced or complained is read even if everything else in the row is unclear: to be left alone
        needs nothing but an address.
        """
        reasons: list[str] = []
        email = self._email(row, reasons)
        state, state_at = self._state(row, reasons)
        severe = tuple(reasons)
        themes, unknown_themes = self._theme_slugs(row)
        answers, unclear = self._answers(row)
        found = ImportRow(
            number=row.number,
            email=email,
            first_name=self._first_name(row, reasons),
            language=self._language(row, reasons),
            theme_slugs=themes,
            unknown_themes=unknown_themes,
            state=state,
            state_at=state_at,
            consent_at=self._moment(row, Field.CONSENT_AT, reasons),
            evidence=self._text(row, Field.EVIDENCE),
            note=self._text(row, Field.NOTE),
            answers=answers,
            unclear_answers=unclear,
        )
        if len(" ".join(themes)) > MOST_CHARACTERS_OF_THEMES:
            reasons.append(_("There are too many themes."))
        if len(row.cells) > len(self._matching.columns):
            reasons.append(_("This row has more cells than the table has columns."))
        counting = reasons if state.may_be_mailed else severe
        if not counting:
            return found
        return RowProblem(number=row.number, email=email or self._text(row, Field.EMAIL)[:254], reasons=tuple(counting))

    def _texts(self, row: Row, field: Field) -> list[str]:
        cells = (row.cells[place] for place in self._places[field] if place < len(row.cells))
        return [text for cell in cells if (text := _readable(cell))]

    def _text(self, row: Row, field: Field) -> str:
        return next(iter(self._texts(row, field)), "")

    def _email(self, row: Row, reasons: list[str]) -> str:
        typed = self._text(row, Field.EMAIL)
        if not typed:
            reasons.append(_("There is no e-mail address."))
            return ""
        try:
            email = clean_address(typed)
            if len(mailbox_of(email)) <= MOST_CHARACTERS_OF_A_MAILBOX:
                return email
            raise ValidationError("")
        except ValidationError:
            reasons.append(_("“%(typed)s” is not a valid e-mail address.") % {"typed": typed[:100]})
            return ""

    def _state(self, row: Row, reasons: list[str]) -> tuple[State, datetime | None]:
        words = self._texts(row, Field.STATUS)
        states = [state for word in words if (state := state_named(word))]
        at: datetime | None = None
        for field, left in ((Field.UNSUBSCRIBED_AT, State.UNSUBSCRIBED), (Field.BOUNCED_AT, State.BOUNCED)):
            if self._text(row, field):
                states.append(left)
                at = self._moment(row, field, []) or at
        state = State.most_careful(states or [self._matching.state])
        if state.may_be_mailed:  # whoever left needs no other word for it
            reasons += [
                _("We do not know the status “%(status)s”.") % {"status": word[:40]}
                for word in words
                if state_named(word) is None
            ]
        if state == State.UNSUBSCRIBED and is_complaint(self._text(row, Field.REASON)):
            state = State.COMPLAINED
        return state, None if state.may_be_mailed else at

    def _first_name(self, row: Row, reasons: list[str]) -> str:
        name = self._text(row, Field.FIRST_NAME) or self._text(row, Field.NAME).partition(" ")[0]
        name = " ".join(name.split())
        if len(name) > MOST_CHARACTERS_OF_A_NAME:
            reasons.append(_("The first name has more than %(most)d characters.") % {"most": MOST_CHARACTERS_OF_A_NAME})
            return ""
        return name

    def _language(self, row: Row, reasons: list[str]) -> str:
        written = self._text(row, Field.LANGUAGE)
        code = self._languages.get(plain(written)) or self._languages.get(plain(re.split("[-_]", written)[0]))
        if written and code is None:
            reasons.append(
                _("The newsletter is not offered in the language “%(language)s”.") % {"language": written[:40]}
            )
        return code or ""

    def _theme_slugs(self, row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
        written = [
            name
            for text in self._texts(row, Field.THEMES)
            for part in _BETWEEN_THEMES.split(text)
            if (name := part.strip(" \"'"))
        ]
        slugs = dict.fromkeys(slug for name in written if (slug := self._themes.get(plain(name))))
        unknown = dict.fromkeys(name[:80] for name in written if plain(name) not in self._themes)
        return tuple(slugs), tuple(unknown)

    def _answers(self, row: Row) -> tuple[dict[str, str], tuple[str, ...]]:
        """Return the answers to own fields, and what is wrong with others; a reader is taken without those."""
        answers: dict[str, str] = {}
        unclear: list[str] = []
        for own_field, place in self._own_fields:
            written = _readable(row.cells[place]) if place < len(row.cells) else ""
            try:
                if answer := self._answer(own_field, written):
                    answers[own_field.key] = answer
            except (ValidationError, UnclearDate) as error:
                words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                unclear.append(_("%(field)s is left out: %(why)s") % {"field": own_field, "why": words})
        return answers, tuple(unclear)

    def _answer(self, own_field: OwnField, written: str) -> str:
        if written and own_field.kind == OwnField.Kind.DATE:
            written = read_day(written, is_month_first=self._matching.provider == Provider.MAILCHIMP).isoformat()
        return own_field.read(written)

    def _moment(self, row: Row, field: Field, reasons: list[str]) -> datetime | None:
        written = self._text(row, field)
        if not written:
            return None
        is_month_first = self._matching.provider == Provider.MAILCHIMP
        try:
            moment = read_moment(written, zone=self._zone, is_month_first=is_month_first)
        except UnclearDate as error:
            reasons.append(str(error))
            return None
        if moment > self._now:
            reasons.append(_("“%(date)s” is in the future.") % {"date": written[:40]})
            return None
        return moment


def _readable(cell: str) -> str:
    """Return a cell's text without control characters, with which databases and mails cannot deal."""
    if cell.isprintable():
        return cell.strip()
    return "".join(
        character for character in cell if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
    ).strip()
