"""Why a mail server cannot be used now, in words for people, and whether waiting helps."""

from __future__ import annotations

import smtplib
import ssl

from newsletters.sending.transport.conversation import as_reply
from newsletters.sending.transport.seam import TransportDown
from newsletters.values.remarks import Remark


def as_outage(error: Exception, *, server: str = "") -> TransportDown:
    """Return what an error means that occurred before any mail was sent; `server` is host:port, if it is known.

    What only people can fix is our fault. A handshake that is cut short is not: the server may be starting.
    """
    remark, is_our_fault, detail = Remark.SERVER_AWAY, False, str(error) or type(error).__name__
    match error:
        case smtplib.SMTPAuthenticationError() if error.smtp_code >= 500:  # RFC 4954, section 6
            remark, is_our_fault = Remark.LOGIN_REFUSED, True
        case smtplib.SMTPNotSupportedError():
            remark, is_our_fault = Remark.NOT_OFFERED, True
        case ssl.SSLCertVerificationError():
            remark, is_our_fault, detail = Remark.NOT_TRUSTED, True, error.verify_message
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            pass
        case ssl.SSLError():
            remark, is_our_fault = Remark.NOT_ENCRYPTED, True
        case smtplib.SMTPException() if type(error) is smtplib.SMTPException:
            remark, is_our_fault = (
                Remark.NOT_OFFERED,
                True,
            )  # smtplib raises this if it knows none of the offered login methods
    if isinstance(error, smtplib.SMTPResponseException):
        reply = as_reply(error.smtp_code, error.smtp_error)
        detail = f"{reply.code} {reply.text}"
    return TransportDown(remark.with_detail(f"{server}: {detail}" if server else detail), is_our_fault=is_our_fault)
