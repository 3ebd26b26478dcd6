"""The conversation with an SMTP server, mail after mail, step by step or pipelined (RFC 5321, RFC 2920).

With pipelining, the envelope of a mail (MAIL, RCPT, DATA) is sent along with the end of the previous mail, so that no
time is lost in waiting. The content follows when the mail's turn comes, all but the final dot: while the server reads,
the ledger records that this mail takes off, and then the dot is sent. A server ignores a content without its dot (RFC
5321, section 4.1.1.4).
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

from cms.network.smtp import TimelySMTP
from cms.values.hosts import ascii_mailbox
from newsletters.sending.transport.pipelining import Trust
from newsletters.sending.transport.seam import (
    ConnectionDropped,
    HeldBack,
    MessageUnsendable,
    OutgoingMail,
    ReadyMail,
    Reply,
    ReplyLost,
    TakeOff,
    TransportDown,
    at_once,
)
from newsletters.values.remarks import Remark

REPLY_SECONDS = 600  # RFC 5321, section 4.5.3.2.6: how long a server may think after the end of a message
GOODBYE_SECONDS = 5  # short, because all mails have their answers by then
FINAL_DOT = b".\r\n"
GOODBYE, GO_ON = 421, 354


class OutOfStep(smtplib.SMTPException):
    """A server's replies do not match the commands it was sent."""


class Conversation:
    """An open conversation with an SMTP server; the client's time-out applies to every reply but a mail's last."""

    def __init__(self, client: TimelySMTP, *, trust: Trust) -> None:
        self._client, self._trust = client, trust
        self._is_pipelining = client.has_extn("pipelining") and not trust.is_lost
        self._announced: OutgoingMail | None = None  # its envelope has been sent, the replies are not read yet
        self._is_stale = False  # the server may still hold an envelope that was not used

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Hand over a single mail."""
        mail = ReadyMail(message=message, sender=sender, recipient=recipient)
        return self.hand_over(mail, take_off=at_once)

    def hand_over(self, mail: OutgoingMail, *, following: OutgoingMail | None = None, take_off: TakeOff) -> Reply:
        """Hand over one mail and return the reply; announce `following`, if it is known, with its end.

        Raises TransportDown, ConnectionDropped, ReplyLost, MessageUnsendable or HeldBack.
        """
        try:
            content = self._content_of(mail)
            refusal = self._envelope(mail)
            if refusal is None:
                self._give(content)
        except (smtplib.SMTPException, OSError) as error:
            raise ConnectionDropped(str(error) or type(error).__name__) from error
        except ValueError as error:
            raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
        self._take_off(take_off)
        if refusal is not None:
            return refusal
        self._expect_silence()
        self._end(content, following=following, take_off=take_off)
        return self._final_answer(following)

    def close(self) -> None:
        """Say goodbye if the server is waiting for a command, and hang up."""
        if self._announced is not None:
            self.abort()
        self._client.timeout = GOODBYE_SECONDS
        try:
            self._client.quit()
        except (smtplib.SMTPException, OSError):
            self._client.close()

    def abort(self) -> None:
        """Hang up; a server ignores an envelope without its whole content (RFC 5321, section 4.1.1.4)."""
        self._announced = None
        self._client.close()

    def _take_off(self, take_off: TakeOff) -> None:
        """Ask whether the mail may be sent; if not, or if that fails, hang up, so that the server drops the mail.

        The second time is directly before the end of the mail, which cannot be taken back.
        """
        may_go = False
        try:
            may_go = take_off()
        finally:
            if not may_go:
                self.abort()
        if not may_go:
            raise HeldBack

    def _content_of(self, mail: OutgoingMail) -> bytes:
        if self._announced is not None and self._announced is not mail:
            self.abort()  # the announced mail will not be sent, and only hanging up revokes its envelope
        if self._client.sock is None:
            raise smtplib.SMTPServerDisconnected("the conversation is over")
        if not self._takes(mail):
            raise MessageUnsendable(Remark.NO_SMTPUTF8)
        try:
            return mail.wire
        except MessageUnsendable:
            if self._announced is mail:
                self.abort()
            raise

    def _takes(self, mail: OutgoingMail) -> bool:
        return mail.recipient.isascii() or self._client.has_extn("smtputf8")

    def _commands(self, mail: OutgoingMail) -> list[bytes]:
        options = "" if mail.recipient.isascii() else " SMTPUTF8 BODY=8BITMIME"
        lines = [
            f"MAIL FROM:<{ascii_mailbox(mail.sender)}>{options}",
            f"RCPT TO:<{mail.recipient}>",
            "DATA",
        ]
        if self._is_stale:
            lines.insert(0, "RSET")
        if not all(line.isprintable() for line in lines):
            raise ValueError(repr(mail.recipient))
        return [f"{line}\r\n".encode() for line in lines]

    def _envelope(self, mail: OutgoingMail) -> Reply | None:
        """Send MAIL, RCPT and DATA, unless they were announced; return the refusal, None if the server agrees."""
        was_announced, self._announced = self._announced is mail, None
        try:
            if not self._is_pipelining:
                refusal = self._ask(mail)
            else:
                if not was_announced:
                    self._write(b"".join(self._commands(mail)))
                refusal = self._read_envelope(mail, after_rset=self._is_stale)
        except OutOfStep as error:
            self._trust.lose(error)
            self.abort()
            raise
        except (smtplib.SMTPException, OSError) as error:
            if self._is_pipelining:
                self._trust.note_failure(error)
            raise
        if was_announced:
            self._trust.note_success()
        return refusal

    def _ask(self, mail: OutgoingMail) -> Reply | None:
        """Send one command at a time; stop at the first refusal."""
        *rset, from_, to, data = self._commands(mail)
        for command in rset:
            self._write(command)
            self._read()
        self._is_stale = True
        self._write(from_)
        self._judge_sender(mail)
        self._write(to)
        refusal = self._read_refusal(unless={250, 251})
        if refusal is None:
            self._write(data)
            refusal = self._read_refusal(unless={GO_ON})
        return refusal

    def _read_envelope(self, mail: OutgoingMail, *, after_rset: bool) -> Reply | None:
        """Read the replies to RSET (if it was sent), MAIL, RCPT and DATA, which were sent together."""
        if after_rset:
            self._read()
        self._is_stale = True
        self._judge_sender(mail)
        to_recipient = self._read_refusal(unless={250, 251})
        if to_recipient and to_recipient.code == GOODBYE:
            return to_recipient
        to_data = self._read_refusal(unless={GO_ON})
        if to_data is None and to_recipient is not None:
            self._write(FINAL_DOT)  # no recipient was accepted, yet the server waits for it (RFC 2920, section 3.1)
            self._read()
        if to_recipient is None and to_data is not None and to_data.code == 503:
            raise OutOfStep(f"{to_data.code} {to_data.text} to DATA after a recipient was accepted")
        return to_recipient or to_data

    def _read_refusal(self, *, unless: set[int]) -> Reply | None:
        """Read a reply and return it if it is a refusal, None if its code is in `unless`."""
        reply = self._read()
        if reply.code in unless:
            return None
        if not 400 <= reply.code < 600:
            raise OutOfStep(f"{reply.code} {reply.text}")
        if reply.code == GOODBYE:
            self.abort()
        return reply

    def _judge_sender(self, mail: OutgoingMail) -> None:
        refusal = self._read_refusal(unless={250})
        if refusal is None:
            return
        if refusal.code == GOODBYE:  # says nothing about the sender: many servers say it after a number of mails
            raise smtplib.SMTPServerDisconnected(f"{refusal.code} {refusal.text}")
        self.abort()
        # A refused sender is our fault, and every other message would be refused, too.
        why = Remark.SENDER_REFUSED.with_detail(f"{mail.sender}: {refusal.code} {refusal.text}")
        raise TransportDown(why, is_our_fault=refusal.code >= 500)

    def _expect_silence(self) -> None:
        """Raise ConnectionDropped if the server sent an unsolicited reply, which would be taken for the final one.

        It may have got tired of waiting for the end while the ledger took long. It ignores what it has so far.
        """
        try:
            extra = unasked(self._client)
        except OSError as error:
            self.abort()
            raise ConnectionDropped(str(error) or type(error).__name__) from error
        if not extra:
            return
        words = f"{extra[:80]!r} before the end of the content"
        if not extra.startswith(b"421"):
            self._trust.lose(words)
        self.abort()
        raise ConnectionDropped(words)

    def _give(self, content: bytes) -> None:
        """Send the content without its end."""
        self._is_stale = False
        self._client.begin()
        try:
            self._client.sock.sendall(content)
        except OSError:
            self.abort()
            raise

    def _end(self, content: bytes, *, following: OutgoingMail | None, take_off: TakeOff) -> None:
        """Send the end of the content, and the envelope of the following mail if it may be announced.

        Raises HeldBack if the mail may no longer be sent, as after a sleep, ConnectionDropped if the end was not sent,
        and ReplyLost if it may have been sent.
        """
        end = FINAL_DOT if content.endswith(b"\r\n") else b"\r\n" + FINAL_DOT
        envelope = self._envelope_along(following)
        whole = memoryview(end + envelope)
        sock = self._client.sock
        self._client.begin()
        is_encrypted = isinstance(sock, ssl.SSLSocket)
        sent = 0
        try:
            while sent < len(whole):
                if sent < len(end):
                    self._take_off(take_off)
                sent += sock.send(whole[sent:])
        except OSError as error:
            self.abort()
            words = str(error) or type(error).__name__
            if sent < len(end) and not is_encrypted:  # a failed plain write sent nothing; a TLS record may be out
                raise ConnectionDropped(words) from error
            raise ReplyLost(words) from error
        if following is not None and envelope:
            self._announced = following

    def _envelope_along(self, following: OutgoingMail | None) -> bytes:
        if following is None or not self._is_pipelining or not self._takes(following):
            return b""
        try:
            return b"".join(self._commands(following))
        except ValueError:
            return b""  # the mail fails when its turn comes

    def _final_answer(self, following: OutgoingMail | None) -> Reply:
        """Return the server's reply to the content; raise ReplyLost if it says nothing, because nobody knows then."""
        if following is not None:
            with suppress(MessageUnsendable):  # the mail fails when its turn comes
                _ = following.wire  # encode it while the server is busy
        try:
            reply = as_reply(*self._client.getreply_within(REPLY_SECONDS))
            if not (200 <= reply.code < 300 or 400 <= reply.code < 600):
                raise OutOfStep(f"{reply.code} {reply.text}")
        except (smtplib.SMTPException, OSError) as error:
            if self._announced is not None:
                self._trust.note_failure(error)
            self.abort()
            raise ReplyLost(str(error) or type(error).__name__) from error
        if reply.code == GOODBYE:
            self.abort()
        return reply

    def _write(self, data: bytes) -> None:
        self._client.send(data)

    def _read(self) -> Reply:
        return as_reply(*self._client.getreply())


def unasked(client: TimelySMTP) -> bytes:
    """Return what the server has sent that was not read yet, without waiting for more."""
    sock = client.sock
    answers: Any = client.file
    timeout = sock.gettimeout()
    sock.end()
    sock.settimeout(0)
    try:
        return bytes(answers.peek(1))
    except (BlockingIOError, ssl.SSLWantReadError):
        return b""
    finally:
        sock.settimeout(timeout)


def as_reply(code: int, text: bytes | str) -> Reply:
    """Return a reply from `smtplib`, with its text on one line."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return Reply(code=code, text=" ".join(words.split()))
