"""Recognise, in Dutch and English, a short reply that asks to get no more mail.

A longer one, or one about somebody else, is for a person. It only decides who is mailed the link to leave, because
anybody can write in somebody's name; so it may be wrong.
"""

from __future__ import annotations

import re

MOST_CHARACTERS = 160  # of a reply without what it quotes; whoever writes more has something else to say, too

_QUOTED = re.compile(
    r"""
    ^\s*>                                               # a quoted line
    | ^--\s*$                                           # the signature
    | ^[-_]{5,}                                         # -----Original Message-----
    | ^(?:on|op|le|am)\b.{1,300}\b(?:wrote|schreef)\b[^\n]{0,200}:\s*$
    | \b(?:from|van):.{1,300}?\b(?:sent|verzonden|date|datum):
    """,
    re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_ASKING = re.compile(
    r"""
    \b(?:
        unsubscribe | opt[ -]?out
        | (?:remove|delete|take)\ (?:me|us|my\ (?:e-?mail\ ?)?address)\b
        | stop\ (?:sending|mailing|e-?mailing)
        | no\ (?:more|longer)\ (?:e-?mails?|mails?|newsletters?)
        | (?:uit|af)(?:\ te\ )?(?:schrijven|melden)
        | schrijf\ (?:me|mij|ons)\b(?:(?!niet)[^.,;!?\n]){0,30}\ uit
        | meld\ (?:me|mij|ons)\b(?:(?!niet)[^.,;!?\n]){0,30}\ af
        | (?:no\ longer|don['’]t|do\ not)\ (?:wish|want)\ to\ (?:receive|get)
        | niet\ (?:meer|langer)\ (?:\w+\ ){0,4}(?:ontvangen|krijgen)
        | (?:verwijder|haal)\ (?:me|mij|ons|mijn\ (?:e-?mail)?adres)
        | geen\ (?:e-?mails?|mails?|mailtjes|nieuwsbrief|nieuwsbrieven|berichten)\ (?:meer|langer)
        | stop\ met\ (?:mailen|sturen|het)
        | (?:nieuwsbrief|abonnement)\ op(?:\ te\ )?zeggen
    )\b
    | ^\W*stop\W*$
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# Somebody else, of whom a person has to find out what they want.
_OTHERS = re.compile(
    r"""
    \b(?:
        (?:my|our|your|his|her|their|a|the)\ (?:\w+\ )?(?:colleagues?|friends?|wife|husband|partner|mother|father|boss
            |manager|daughter|son|sister|brother|employees?|team|former\ \w+)
        | colleagues? | (?:him|them|her) | (?:somebody|someone|anybody|anyone)\ else | on\ behalf\ of
        | (?:mijn|onze|uw|je|zijn|haar|hun|een|de)\ (?:\w+\ )?(?:vriend(?:in)?|vrouw|man|partner|moeder|vader|baas
            |chef|leidinggevende|dochter|zoon|zus|broer|medewerkers?|team)
        | collega['’]?s? | oud-collega | hem | hen | iemand\ anders | namens
    )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_DENYING = re.compile(r"(?:\bnot|n['’]t|\bnever|\bniet|\bnooit)\b[^.,;!?\n]*$", re.IGNORECASE)
_SUBJECTS = frozenset({"unsubscribe", "stop", "remove", "opt out", "uitschrijven", "afmelden", "afmelding", "opzeggen"})


def asks_to_leave(*, subject: str, words: str) -> bool:
    """Say whether somebody wants no more mail; `words` may still hold what they quote."""
    if subject.strip(" .!").lower() in _SUBJECTS:
        return True
    own = without_quotes(words)
    found = list(_ASKING.finditer(own)) if len(own) <= MOST_CHARACTERS else []
    return bool(found) and not _OTHERS.search(own) and not any(_DENYING.search(own[: each.start()]) for each in found)


def without_quotes(words: str) -> str:
    """Return what somebody wrote above the mail that they quote."""
    found = _QUOTED.search(words)
    return (words[: found.start()] if found else words).strip()
