"""What mails about a subscription say, in the active language."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    NEW_ADDRESS = auto()  # a subscriber filled in this address as their new one
    ADDRESS_KNOWN = auto()  # the same, and somebody has newsletters at this address
    ADDRESS_CHANGED = auto()  # to the former address
    WELCOME = auto()  # to whoever confirmed a request
    WELCOME_WITH_ISSUE = auto()  # the same, with an issue to read
    STILL_WANTED = auto()  # to a reader of whom nothing has been heard for long


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


def _new_address(title: dict[str, str]) -> NoticeWords:
    return NoticeWords(
        subject=_("Please confirm your new address: %(newsletter)s") % title,
        why=_("Someone, probably you, asked for newsletters to be sent to this address, and no longer to another one."),
        button=_("Continue to confirm"),
        instruction=_("Open this link and press the button to confirm:"),
        otherwise=f"{_works_for()} {_('If it was not you, do nothing: you will get no mail.')}",
    )


def _address_known(title: dict[str, str]) -> NoticeWords:
    link = _link(title)
    return replace(
        link,
        subject=_("This address has newsletters already: %(newsletter)s") % title,
        why=_(
            "Someone, probably you, asked for the newsletters of another address to be sent to this one. You have "
            "newsletters at this address already, so nothing has changed. To read everything here, subscribe on your "
            "page and unsubscribe at the other address."
        ),
    )


def _address_changed(title: dict[str, str]) -> NoticeWords:
    days = conf.UNDO_ADDRESS_DAYS
    works = ngettext("The link works for one day.", "The link works for %(days)d days.", days) % {"days": days}
    return NoticeWords(
        subject=_("Your address was changed: %(newsletter)s") % title,
        why=_(
            "Your newsletters go to another address from now on: someone, probably you, asked for it on your own page."
        ),
        button=_("Undo this"),
        instruction=_("If it was not you, open this link and press the button to undo it:"),
        otherwise=f"{works} {_('If it was you, do nothing.')}",
    )


def _welcome(title: dict[str, str]) -> NoticeWords:
    return NoticeWords(
        subject=_("Welcome: %(newsletter)s") % title,
        why=_("You are subscribed to “%(newsletter)s”: from now on you get every new issue.") % title,
        button=_("See your choices"),
        instruction=_("Open this link to change your choices or to unsubscribe:"),
        otherwise=_("You can change your choices or unsubscribe at any time, with the links in every mail."),
    )


def _welcome_with_issue(title: dict[str, str]) -> NoticeWords:
    return replace(
        _welcome(title), button=_("Read the last issue"), instruction=_("Read the last issue at this address:")
    )


def _still_wanted(title: dict[str, str]) -> NoticeWords:
    days = conf.ANSWER_DAYS
    ends = ngettext(
        "If you do not answer within one day, we stop sending it to you.",
        "If you do not answer within %(days)d days, we stop sending it to you.",
        days,
    )
    return NoticeWords(
        subject=_("Do you still want %(newsletter)s?") % title,
        why=_(
            "We have been sending you “%(newsletter)s” for a long time. We do not watch whether you read it, so we ask "
            "you, once: do you still want it?"
        )
        % title,
        button=_("Answer yes or no"),
        instruction=_("Open this link and press a button to answer:"),
        otherwise=ends % {"days": days},
    )


_WORDS = {
    NoticeKind.REQUESTED: _requested,
    NoticeKind.INVITED: _invited,
    NoticeKind.LINK: _link,
    NoticeKind.SUBSCRIBED: _subscribed,
    NoticeKind.NEW_ADDRESS: _new_address,
    NoticeKind.ADDRESS_KNOWN: _address_known,
    NoticeKind.ADDRESS_CHANGED: _address_changed,
    NoticeKind.WELCOME: _welcome,
    NoticeKind.WELCOME_WITH_ISSUE: _welcome_with_issue,
    NoticeKind.STILL_WANTED: _still_wanted,
}


def _works_for() -> str:
    days = conf.CONFIRM_WITHIN_DAYS
    return ngettext("The link works for one day.", "The link works for %(days)d days.", days) % {"days": days}
