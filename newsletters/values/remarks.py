"""Our own remarks on a delivery where no server said anything: kept as codes, shown in the language of the viewer."""

from __future__ import annotations

import re

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@[^\s<>()\[\],;:\"']+")


class Remark(TextChoices):
    """What happened to a delivery that has no server's reply, or why a whole dispatch is not sending."""

    WORKER_DIED = "worker_died", _("The worker died while it was sending")
    HUNG_UP = "hung_up", _("The mail server closed the connection before it accepted the mail")
    ANSWER_LOST = "answer_lost", _("The connection broke before the mail server answered")
    SENDING_FAILED = "sending_failed", _("The program failed while it was sending; see its log")
    MAKING_FAILED = "making_failed", _("The mail could not be created; see the program's log")
    NO_ADDRESS = "no_address", _("This is not a valid address")
    NO_SENDER = "no_sender", _("The newsletter's sender or reply-to address cannot be used in a mail")
    NO_SMTPUTF8 = (
        "no_smtputf8",
        _("The mail server does not accept such letters before the @ of an address (SMTPUTF8)"),
    )
    DOMAIN_WAITS = "domain_waits", _("The mail server of this domain deferred several mails")
    WAITS_FOR_SPEED = "waits_for_speed", _("The limit of mails per hour or per day has been reached")
    WAITS_FOR_WINDOW = "waits_for_window", _("It is outside this newsletter's sending times")
    WAITS_FOR_WARM_UP = "waits_for_warm_up", _("The warm-up limit for this day has been reached")
    SERVER_AWAY = "server_away", _("The mail server cannot be reached")
    ASKED_TO_WAIT = "asked_to_wait", _("The mail provider asks us to wait")
    NOT_TRUSTED = "not_trusted", _("The mail server's certificate is not valid, so nothing is sent to it")
    NOT_ENCRYPTED = (
        "not_encrypted",
        _("The mail server cannot be reached with the encryption that the settings ask for"),
    )
    NOT_OFFERED = "not_offered", _("The mail server does not offer the encryption or login that the settings ask for")
    LOGIN_REFUSED = "login_refused", _("The mail server does not accept the user name and password in the settings")
    SENDER_REFUSED = "sender_refused", _("The mail server does not accept mails from the newsletter's sender")
    REFUSES_US = "refuses_us", _("The mail server refuses us, not the readers")
    MANY_REFUSED = "many_refused", _("So many readers' addresses are rejected for good that the list must be checked")
    CANNOT_CONNECT = "cannot_connect", _("The program failed to connect to the mail server; see its log")
    PAUSED = "paused", _("Paused by hand")
    NOBODY = "nobody", _("The subscription no longer exists")

    @classmethod
    def of_waiting(cls) -> list[str]:
        """Return the remarks on a dispatch that waits for a limit of our own."""
        return [cls.WAITS_FOR_SPEED, cls.WAITS_FOR_WINDOW, cls.WAITS_FOR_WARM_UP]

    def with_detail(self, detail: object) -> str:
        """Return what the ledger keeps: the code, and technical details if there are any."""
        return f"{self.value}: {detail}" if str(detail) else self.value


def in_words(reply: str) -> str:
    """Return what the ledger kept in words for people; a server's reply stays as it is."""
    code, _colon, detail = reply.partition(": ")
    if code not in Remark.values:
        return reply
    label = str(Remark(code).label)
    return f"{label} ({detail})" if detail else label


def without_addresses(words: str) -> str:
    """Return a server's reply without the addresses in it."""
    return _ADDRESS.sub("…", words)
