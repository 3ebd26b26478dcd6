"""The sender: each mail has to say what the law and the reader ask for."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cms.plugins.issue_checks import Finding, IssueToCheck, Place
from newsletters.values.addresses import clean_address


def check_sender(issue: IssueToCheck) -> Iterator[Finding]:
    """Find missing or wrong names, mail addresses and postal addresses of the sender."""
    sender = issue.sender
    missing = {
        "sender-name": (sender.name.strip(), _("The newsletter does not say who sends it.")),
        "sender-email": (_is_address(sender.email), _("The sender’s address is missing or not valid.")),
        "reply-to": (_is_address(sender.reply_to), _("The address for replies is missing or not valid.")),
        "postal-address": (
            sender.postal_address.strip(),
            _("The sender’s postal address is missing; the law requires it in each mail."),
        ),
    }
    for code, (is_there, message) in missing.items():
        if not is_there:
            yield Finding(
                code=code,
                level="error",
                message=message,
                mend=_("An administrator can fill it in under Subscribers → Newsletters."),
                place=Place(part="newsletter"),
            )


def _is_address(value: str) -> bool:
    try:
        clean_address(value)
    except ValidationError:
        return False
    return True
