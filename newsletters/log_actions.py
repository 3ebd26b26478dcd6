"""The newsletter's actions in Wagtail's audit log, and their wording.

Submitting and sending back are actions of Wagtail's workflow, which logs them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.coreutils import get_content_languages
from wagtail.log_actions import LogActionRegistry, LogFormatter
from wagtail.models import BaseLogEntry

from cms.values.local_time import in_words
from newsletters.values import reasons

LoggedData = Mapping[str, Any]  # what the log keeps of an action, as JSON
Words = Callable[[LoggedData], str]


def moment(data: LoggedData, *, key: str = "send_at") -> str:
    """Return a logged time in the time zone that it was given in, with the zone."""
    return in_words(datetime.fromisoformat(data[key]), zone=ZoneInfo(data["time_zone"]))


def _with_left_out(words: str, data: LoggedData) -> str:
    """Add the languages that were left out, with the numbers of their readers."""
    if not data.get("left_out"):
        return words
    names = get_content_languages()
    left_out = ", ".join(f"{names.get(code, code)} ({people})" for code, people in sorted(data["left_out"].items()))
    return _("%(done)s, without %(languages)s") % {"done": words, "languages": left_out}


def _rescheduled(data: LoggedData) -> str:
    words = _("Moved from %(old)s to %(new)s") % {"old": moment(data, key="was_at"), "new": moment(data)}
    return _with_left_out(words, data)


def _corrected(data: LoggedData) -> str:
    return _("Corrected for %(people)s readers who had not got it") % {"people": data["people"]}


def _followed(data: LoggedData) -> str:
    return _("Sending to %(people)s readers who had not got it") % {"people": data["people"]}


def _resolved(data: LoggedData) -> str:
    if data["went_out"]:
        return _("%(people)s uncertain mails count as sent") % {"people": data["people"]}
    return _("%(people)s uncertain mails are sent again") % {"people": data["people"]}


def _viewed(data: LoggedData) -> str:
    words = _("A list with addresses was opened (%(list)s)") % {"list": data["list"]}
    if not data["filters"]:
        return words
    return _("%(done)s, by the filters %(filters)s") % {"done": words, "filters": ", ".join(data["filters"])}


ACTIONS: dict[str, tuple[str | Promise, Words]] = {
    "approve": (gettext_lazy("Approve"), lambda data: _with_left_out(_("Approved for sending"), data)),
    "schedule": (
        gettext_lazy("Schedule"),
        lambda data: _with_left_out(_("Scheduled for %(at)s") % {"at": moment(data)}, data),
    ),
    "reschedule": (gettext_lazy("Reschedule"), _rescheduled),
    "unschedule": (
        gettext_lazy("Take off the schedule"),
        lambda data: _("No longer scheduled for %(at)s") % {"at": moment(data)},
    ),
    "not_sent": (
        gettext_lazy("Not sent at the scheduled time"),
        lambda data: _("Not sent at %(at)s: %(why)s") % {"at": moment(data), "why": reasons.in_words(data["why"])},
    ),
    "send_test": (
        gettext_lazy("Send a test"),
        lambda data: (
            ngettext(
                "A test mail of edition %(edition)s to one address",
                "A test mail of edition %(edition)s to %(count)s addresses",
                data["count"],
            )
            % data
        ),
    ),
    "send": (gettext_lazy("Send"), lambda data: _with_left_out(_("Sending started"), data)),
    "pause": (gettext_lazy("Pause the sending"), lambda _data: _("The sending was paused")),
    "resume": (gettext_lazy("Resume the sending"), lambda _data: _("The sending was resumed")),
    "cancel": (gettext_lazy("Cancel the sending"), lambda _data: _("The sending was cancelled")),
    "follow": (gettext_lazy("Send to those who did not get it"), _followed),
    "resolve": (gettext_lazy("Resolve uncertain mails"), _resolved),
    "correct": (gettext_lazy("Correct"), _corrected),
    "invite": (gettext_lazy("Invite somebody"), lambda _data: _("Somebody was invited")),
    "take_out": (
        gettext_lazy("Take out what is kept about a subscriber"),
        lambda _data: _("What is kept about a subscriber was taken out"),
    ),
    "erase": (gettext_lazy("Erase a subscriber"), lambda _data: _("A subscriber was erased")),
    "export": (
        gettext_lazy("Export readers"),
        lambda data: (
            ngettext(
                "%(people)s reader was exported: %(why)s", "%(people)s readers were exported: %(why)s", data["people"]
            )
            % data
        ),
    ),
    "import": (
        gettext_lazy("Import readers"),
        lambda data: (
            ngettext("A file with %(rows)s row is imported", "A file with %(rows)s rows is imported", data["rows"])
            % data
        ),
    ),
    "undo_import": (gettext_lazy("Undo an import"), lambda _data: _("An import is undone")),
    "undo_bulk_change": (
        gettext_lazy("Undo a change of many readers"),
        lambda _data: _("A change of many readers is undone"),
    ),
    "report_import": (
        gettext_lazy("Take out what became of an import's rows"),
        lambda _data: _("The report of an import was taken out"),
    ),
    "make_key": (gettext_lazy("Make an API key"), lambda _data: _("A key was made and shown")),
    "revoke_key": (gettext_lazy("Revoke an API key"), lambda _data: _("The key was revoked")),
    "restore": (
        gettext_lazy("Send to a subscriber again"),
        lambda _data: _("A subscription that was set aside is active again"),
    ),
    "view_reader": (gettext_lazy("Look at a reader"), lambda _data: _("The page of a reader was opened")),
    "view_readers": (gettext_lazy("Look at a list of readers"), _viewed),
    "rename": (gettext_lazy("Change a reader’s first name"), lambda _data: _("The first name of a reader was changed")),
    "change_answers": (
        gettext_lazy("Change a reader’s own fields"),
        lambda _data: _("The own fields of a reader were changed"),
    ),
    "change_choices": (
        gettext_lazy("Change a reader’s choices"),
        lambda _data: _("Language and themes of a reader were changed"),
    ),
    "pause_reader": (gettext_lazy("Pause a reader"), lambda _data: _("The pause of a reader was changed")),
    "write_note": (gettext_lazy("Write a note"), lambda _data: _("A note about a reader was written")),
    "delete_note": (gettext_lazy("Delete a note"), lambda _data: _("A note about a reader was deleted")),
    "suppress": (
        gettext_lazy("Never mail a reader again"),
        lambda _data: _("A reader was put on the suppression list"),
    ),
    "end_subscription": (gettext_lazy("End the subscription"), lambda _data: _("The subscription was ended by staff")),
    "copy_as_correction": (
        gettext_lazy("Copy as a correction"),
        lambda _data: _("A new issue was made to correct this one"),
    ),
}


def register(actions: LogActionRegistry) -> None:
    """Register the actions with Wagtail."""
    for name, (label, words) in ACTIONS.items():
        actions.register_action(f"hub_newsletters.{name}")(_formatter(label, words))


def _formatter(label: str | Promise, words: Words) -> type[LogFormatter]:
    class Formatter(LogFormatter):
        def format_message(self, log_entry: BaseLogEntry) -> str:
            return words(log_entry.data)

    Formatter.label = label
    return Formatter
