"""Tell apart the mails that people and their programs write: unsubscribing, out of office, a reply."""

from __future__ import annotations

from email.utils import parseaddr

from newsletters.conf import conf
from newsletters.exceptions import WrongToken
from newsletters.results.incoming.kinds import AutomaticReply, Origin, Reply, Unsubscribing
from newsletters.results.incoming.leaving_words import asks_to_leave
from newsletters.results.incoming.origins import delivered_to, origin_of
from newsletters.results.incoming.parsing import Mail, header, readable_header, words_of
from newsletters.results.incoming.plain_bounces import has_no_sender
from newsletters.values.return_path import read_unsubscribe_address

MOST_WORDS = 10_000  # characters that are kept of a reply
MOST_SUBJECT = 250

_PROGRAMS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-AutoReply-From", "X-Mail-Autoreply")
_PRECEDENCES = frozenset({"auto_reply", "bulk", "junk"})


def unsubscribing_in(mail: Mail, *, envelope_recipient: str = "") -> Unsubscribing | None:
    """Return the wish to unsubscribe if the mail is addressed to List-Unsubscribe's address; its words do not count.

    A program that answers by itself wishes for nothing, but one that was told to write may say that it is a program.
    """
    if header(mail, "Auto-Submitted").lower().startswith("auto-replied"):
        return None
    addresses = delivered_to(mail, envelope_recipient=envelope_recipient)
    for address in addresses:
        try:
            origin = Origin(subscription_pk=read_unsubscribe_address(address))
        except WrongToken:
            continue
        return Unsubscribing(origin=origin, sender=_sender(mail))
    base = conf.UNSUBSCRIBE_ADDRESS
    if base and base in {address.lower() for address in addresses}:
        return Unsubscribing(origin=Origin(message_ids=origin_of(mail).message_ids), sender=_sender(mail))
    return None


def is_automatic(mail: Mail) -> bool:
    """Say whether a program wrote the mail (RFC 3834, section 5, and what was usual before)."""
    submitted = header(mail, "Auto-Submitted").lower()
    return (
        (bool(submitted) and not submitted.startswith("no"))
        or header(mail, "Precedence").lower() in _PRECEDENCES
        or any(name in mail for name in _PROGRAMS)
        or mail.get_content_type() == "multipart/report"
        or has_no_sender(mail)
    )


def automatic_reply(mail: Mail, *, origin: Origin) -> AutomaticReply:
    """Return the mail as a program's answer."""
    return AutomaticReply(origin=origin, sender=_sender(mail), subject=_subject(mail), words=_words(mail))


def reply(mail: Mail, *, origin: Origin) -> Reply:
    """Return the mail as a person's answer."""
    subject, own_words = _subject(mail), words_of(mail, has_quotes=False)[:MOST_WORDS]
    return Reply(
        origin=origin,
        sender=_sender(mail),
        subject=subject,
        words=_words(mail),
        asks_to_leave=asks_to_leave(subject=subject, words=own_words),
    )


def _sender(mail: Mail) -> str:
    return parseaddr(header(mail, "From"))[1][:254]


def _subject(mail: Mail) -> str:
    return readable_header(mail, "Subject")[:MOST_SUBJECT]


def _words(mail: Mail) -> str:
    return words_of(mail)[:MOST_WORDS]
