"""Send over SMTP with the standard library's client, one step at a time, so that each reply is known."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from newsletters.remarks import Remark
from newsletters.sending.transport import ConnectionDropped, MessageUnsendable, Reply, ReplyLost, TransportDown

REPLY_SECONDS = 600  # RFC 5321, section 4.5.3.2.6: how long a server may think after the end of a message


class SmtpTransport:
    """An SMTP server. `timeout` is in seconds and holds for connecting and for every reply but the last."""

    def __init__(
        self,
        *,
        host: str = "localhost",
        port: int = 25,
        username: str = "",
        password: str = "",
        use_tls: bool = False,
        use_ssl: bool = False,
        timeout: float = 30,
    ) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self.username, self.password = username, password
        self.use_tls, self.use_ssl = use_tls, use_ssl

    @contextmanager
    def connect(self) -> Iterator[SmtpConnection]:
        """Connect, encrypt and log in; raises TransportDown with the reason."""
        client = self._open()
        try:
            yield SmtpConnection(client, timeout=self.timeout)
        finally:
            try:
                client.quit()
            except (smtplib.SMTPException, OSError):
                client.close()

    def _open(self) -> smtplib.SMTP:
        try:
            client: smtplib.SMTP = (
                smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=ssl.create_default_context())
                if self.use_ssl
                else smtplib.SMTP(self.host, self.port, timeout=self.timeout)
            )
            client.ehlo_or_helo_if_needed()
            if self.use_tls:
                client.starttls(context=ssl.create_default_context())
                client.ehlo()
            if self.username:
                client.login(self.username, self.password)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
            raise TransportDown(self._reason(error), is_our_fault=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransportDown(self._reason(error)) from error
        return client

    def _reason(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            return f"{self.host}:{self.port}: {as_reply(error.smtp_code, error.smtp_error).text}"
        return f"{self.host}:{self.port}: {error or type(error).__name__}"


class SmtpConnection:
    """An open conversation with an SMTP server."""

    def __init__(self, client: smtplib.SMTP, *, timeout: float) -> None:
        self.client, self.timeout = client, timeout

    def send(self, message: EmailMessage, *, sender: str, recipient: str) -> Reply:
        """Hand over one message: MAIL, RCPT, DATA; the first refusal is the answer."""
        data = _as_bytes(message, is_ascii=recipient.isascii())
        try:
            refusal = self._offer(sender=sender, recipient=recipient)
        except (smtplib.SMTPException, OSError) as error:
            raise ConnectionDropped(str(error) or type(error).__name__) from error
        except UnicodeError as error:
            raise MessageUnsendable(Remark.NO_ADDRESS.with_detail(error)) from error
        if refusal is not None:
            self._forget()
            return refusal
        return self._hand_over(data)

    def _offer(self, *, sender: str, recipient: str) -> Reply | None:
        """Say from whom and to whom and that the message comes; return the refusal, None if it may come."""
        refusal = self._envelope(sender=sender, recipient=recipient)
        if refusal is not None:
            return refusal
        self.client.putcmd("data")
        code, text = self.client.getreply()
        return None if code == 354 else as_reply(code, text)

    def _envelope(self, *, sender: str, recipient: str) -> Reply | None:
        """Say from whom and to whom; return the refusal, None if both were taken."""
        options = []
        if not recipient.isascii():
            if not self.client.has_extn("smtputf8"):
                raise MessageUnsendable(Remark.NO_SMTPUTF8)
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        code, text = self.client.mail(sender, options)
        if code != 250:
            # A refused sender is our fault, and every other message would be refused as well.
            reason = f"{code} {as_reply(code, text).text}"
            raise TransportDown(f"the server refuses the sender {sender}: {reason}", is_our_fault=code >= 500)
        code, text = self.client.rcpt(recipient)
        return None if code in (250, 251) else as_reply(code, text)

    def _forget(self) -> None:
        """Begin anew after a refusal; if the server hangs up now (421), the next message finds that out."""
        try:
            self.client.rset()
        except (smtplib.SMTPException, OSError):
            self.client.close()

    def _hand_over(self, data: bytes) -> Reply:
        """Send the message itself. From here on a lost connection means that nobody knows."""
        body = data.replace(b"\r\n.", b"\r\n..")
        if body.startswith(b"."):
            body = b"." + body
        end = b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"
        try:
            self.client.send(body + end)
            if self.client.sock:
                self.client.sock.settimeout(REPLY_SECONDS)
            code, text = self.client.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise ReplyLost(str(error) or type(error).__name__) from error
        finally:
            if self.client.sock:
                self.client.sock.settimeout(self.timeout)
        return as_reply(code, text)


def _as_bytes(message: EmailMessage, *, is_ascii: bool) -> bytes:
    try:
        return message.as_bytes(policy=SMTP if is_ascii else SMTPUTF8)
    except Exception as error:
        # The email package raises many things at odd headers; whatever it is, nothing was handed over yet.
        raise MessageUnsendable(Remark.MAKING_FAILED.with_detail(error)) from error


def as_reply(code: int, text: bytes | str) -> Reply:
    """Return a reply of `smtplib`, its words on one line."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return Reply(code=code, text=" ".join(words.split()))
