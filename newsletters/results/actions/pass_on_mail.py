"""Pass a mail that a person has to read on to somebody: its words only, so that nothing else in it does harm."""

from __future__ import annotations

from django.utils.translation import gettext as _
from wagtail.admin.mail import send_mail

from cms.values.mail_headers import header_words
from newsletters.results.incoming.kinds import Reply, Report

MOST_CHARACTERS = 10_000


def pass_on_mail(report: Report, *, raw: bytes, to: str) -> None:
    """Mail the words of a reply, or the beginning of what could not be read. Raises OSError if no mail can be sent.

    Whoever answers it answers the person. It says that a program sent it, so it is not passed on a second time.
    """
    if isinstance(report, Reply):
        subject, sender, words = report.subject, report.sender, report.words
    else:
        subject, sender, words = "", "", _readable(raw)
    intro = _("This mail came to the address for bounces and unsubscribing. From: %(sender)s")
    send_mail(
        _("Mail to the newsletter: %(subject)s") % {"subject": subject or "–"},
        f"{intro % {'sender': sender or '–'}}\n\n{words}\n",
        [to],
        reply_to=[sender] if sender else None,
    )


def _readable(raw: bytes) -> str:
    lines = raw[:MOST_CHARACTERS].decode("utf-8", "replace").splitlines()
    return "\n".join(header_words(line) for line in lines)
