"""The names that columns and states have in Dutch and English, and in exports of other programs.

Mailchimp's are those of the files in its export archive; listmonk's are in its `cmd/subscribers.go`. Laposta documents
the states in its API reference (`active`, `unconfirmed`, `unsubscribed`, `cleaned`), but not the columns of its
export, which follow the fields of a list: hence the several Dutch names for each.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from newsletters.audience.importing.fields import Field, Provider, State

# Of two columns for one field, the one whose name is further left here is taken.
_COLUMNS: dict[Field, str] = {
    Field.EMAIL: "email address|email|e-mail|e-mailadres|mail|mailadres|emailadres relatie|mail address",
    Field.FIRST_NAME: "first name|voornaam|fname|firstname|given name|roepnaam",
    Field.NAME: "name|naam|full name|volledige naam",
    Field.LANGUAGE: "language|taal|lang|locale|voorkeurstaal|preferred language",
    Field.THEMES: "themes|thema's|themas|theme|thema|tags|topics|onderwerpen|interests|interesses",
    Field.STATUS: "status|state|subscription status|email marketing status|subscription_status|toestand",
    Field.UNSUBSCRIBED_AT: (
        "unsubscribed at|unsub_time|afgemeld op|uitgeschreven op|afmelddatum|datum afmelding|datum afgemeld"
        "|uitschrijfdatum|unsubscribe date|unsubscribed on"
    ),
    Field.BOUNCED_AT: "bounced at|clean_time|cleaned at|bounced op|gebounced op|opgeschoond op|bouncedatum",
    Field.REASON: "reason|unsub_reason|reden|reden afmelding|reden van afmelding|unsubscribe reason",
    Field.CONSENT_AT: (
        "consent at|confirm_time|bevestigd op|confirmed at|optin_time|aangemeld op|ingeschreven op|signup_date"
        "|aanmelddatum|datum aanmelding|datum aangemeld|inschrijfdatum|subscribed at|toestemming op"
        "|toestemming gegeven op|datum toestemming|consent date|subscribe date|opt-in date|signup date"
    ),
    Field.EVIDENCE: "evidence|bewijs|consent|toestemming|source|bron|source_url|bron-url|herkomst",
    Field.NOTE: "note|notes|notitie|notities|opmerking|opmerkingen|remarks",
}
_STATES: dict[State, str] = {
    State.SUBSCRIBED: (
        "subscribed|active|actief|enabled|confirmed|bevestigd|aangemeld|ingeschreven|geabonneerd|opted in|opt-in"
    ),
    State.UNCONFIRMED: (
        "unconfirmed|not confirmed|pending|onbevestigd|niet bevestigd|wacht op bevestiging|nonsubscribed|non-subscribed"
        "|transactional|waiting for confirmation"
    ),
    State.UNSUBSCRIBED: (
        "unsubscribed|left|ended|beëindigd|afgemeld|uitgeschreven|opted out|opt-out|disabled|blocklisted|blacklisted"
        "|inactive|inactief|archived|verwijderd|gestopt"
    ),
    State.BOUNCED: (
        "bounced|cleaned|hard bounce|hardbounce|gebounced|geweigerd|opgeschoond|onbestelbaar|undeliverable|invalid"
    ),
    State.COMPLAINED: "complained|complaint|spam|abuse|spam complaint|klacht|spamklacht|abuse complaint",
}
_SIGNS: dict[Provider, tuple[str, ...]] = {  # all columns of one of the lists, each separated by spaces
    Provider.MAILCHIMP: ("emailaddress memberrating", "emailaddress leid euid", "emailaddress optintime"),
    Provider.LISTMONK: ("uuid email name attributes status",),
    Provider.LAPOSTA: (
        "emailadres aangemeldop",
        "emailadres afgemeldop",
        "emailadres aanmelddatum",
        "emailadres datumaanmelding",
        "memberid email state signupdate",
    ),
}
_ABUSE = ("abuse", "spam complaint", "klacht")


@lru_cache(maxsize=4096)  # a list has few languages, themes and states, in very many rows
def plain(name: str) -> str:
    """Return a name without what people write in different ways: case, accents, spaces and punctuation."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in letters if character.isalnum())


def _by_name(names: dict[Field, str]) -> dict[str, tuple[Field, int]]:
    found: dict[str, tuple[Field, int]] = {}
    for field, written in names.items():
        own = [field.value, *written.split("|")]
        for rank, name in enumerate(own):
            found.setdefault(plain(name), (field, rank))
    return found


_FIELDS = _by_name(_COLUMNS)
_STATES_BY_NAME = {plain(name): state for state, names in _STATES.items() for name in [state.value, *names.split("|")]}


def field_named(name: str) -> tuple[Field, int] | None:
    """Return what a column with this name holds, and how far behind other names for the same this name is."""
    return _FIELDS.get(plain(name))


def state_named(word: str) -> State | None:
    """Return the state that a status means, if it is known."""
    return _STATES_BY_NAME.get(plain(word))


def is_complaint(reason: str) -> bool:
    """Say whether somebody left by reporting a mail as spam."""
    return any(word in reason.casefold() for word in _ABUSE)


def provider_of(header: list[str]) -> Provider | None:
    """Return the program whose export has such columns."""
    names = {plain(name) for name in header}
    for provider, signs in _SIGNS.items():
        if any(names.issuperset(sign.split()) for sign in signs):
            return provider
    return None


def state_of_file(*, provider: Provider | None, header: list[str], name: str) -> State:
    """Return the state of everybody in a file that has no column for it: Mailchimp has a file for each state."""
    names = {plain(column) for column in header}
    file = plain(name)
    if "unsubtime" in names or (provider == Provider.MAILCHIMP and file.startswith("unsubscribed")):
        return State.UNSUBSCRIBED
    if "cleantime" in names or (provider == Provider.MAILCHIMP and file.startswith("cleaned")):
        return State.BOUNCED
    if provider == Provider.MAILCHIMP and file.startswith("nonsubscribed"):
        return State.UNCONFIRMED
    return State.SUBSCRIBED
