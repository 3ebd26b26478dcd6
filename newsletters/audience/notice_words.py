"""What mails about a subscription say, in the active language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from newsletters.conf import conf


class NoticeKind(Enum):
    """Why the mail is sent."""

    REQUESTED = auto()  # somebody filled in a form with this address
    INVITED = auto()  # staff filled it in
    LINK = auto()  # somebody asked for the link to the page of this subscriber
    SUBSCRIBED = auto()  # somebody filled in a form with the address of a subscriber


@dataclass(frozen=True, kw_only=True)
class NoticeWords:
    """The words of one mail."""

    subject: str
    why: str
    button: str  # its label in the HTML
    instruction: str  # what the plain text says above the link
    otherwise: str  # what happens if the reader does nothing


def words_of(kind: NoticeKind, *, newsletter: str) -> NoticeWords:
    """Return the words for this newsletter, given by its title in the active language."""
    return _WORDS[kind]({"newsletter": newsletter})


def _requested(title: dict[str, str]) -> NoticeWords:
    return NoticeWords(
        subject=_("Please confirm: %(newsletter)s") % title,
        why=_("Someone, probably you, asked for “%(newsletter)s” to be sent to this address.") % title,
        button=_("Continue to confirm"),
        instruction=_("Open this link and press the button to confirm:"),
        otherwise=f"{_works_for()} {_('If it was not you, do nothing: you will get no mail.')}",
    )


def _invited(title: dict[str, str]) -> NoticeWords:
    return NoticeWords(
        subject=_("Please confirm: %(newsletter)s") % title,
        why=_("You are invited to receive “%(newsletter)s” at this address.") % title,
        button=_("Continue to confirm"),
        instruction=_("Open this link and press the button to confirm:"),
        otherwise=f"{_works_for()} {_('If you do not want it, do nothing: you will get no mail.')}",
    )


def _subscribed(title: dict[str, str]) -> NoticeWords:
    return NoticeWords(
        subject=_("You already receive %(newsletter)s") % title,
        why=_("Someone, probably you, asked for “%(newsletter)s” to be sent to this address. You receive it already.")
        % title,
        button=_("See your choices"),
        instruction=_("Open this link to change your choices or to unsubscribe:"),
        otherwise=_("If it was not you, do nothing: nothing has changed."),
    )


def _link(title: dict[str, str]) -> NoticeWords:
    hours = conf.PERSON_LINK_HOURS
    works = ngettext("The link works for one hour.", "The link works for %(hours)d hours.", hours) % {"hours": hours}
    return NoticeWords(
        subject=_("Your link: %(newsletter)s") % title,
        why=_("Someone, probably you, asked for the link to your newsletters and your data."),
        button=_("See my newsletters"),
        instruction=_("Open this link to see your newsletters and your data:"),
        otherwise=f"{works} {_('Do not forward this mail. If it was not you, do nothing: nothing has changed.')}",
    )


_WORDS = {
    NoticeKind.REQUESTED: _requested,
    NoticeKind.INVITED: _invited,
    NoticeKind.LINK: _link,
    NoticeKind.SUBSCRIBED: _subscribed,
}


def _works_for() -> str:
    days = conf.CONFIRM_WITHIN_DAYS
    return ngettext("The link works for one day.", "The link works for %(days)d days.", days) % {"days": days}
