"""One deadline for a whole answer: the time-outs of Python's sockets begin anew with each byte that arrives.

`sockets` what holds the deadline · `smtp` mail servers, also for Django's own mails · `http` everybody else's servers.
"""


def our_backend(path: str) -> str:
    """Return the import path of an email backend, of ours instead of Django's own for SMTP."""
    return "cms.network.mail_backend.SmtpBackend" if path == "django.core.mail.backends.smtp.EmailBackend" else path
