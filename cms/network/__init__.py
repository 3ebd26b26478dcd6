"""One deadline for a whole answer: the time-outs of Python's sockets start again with each byte that arrives.

`sockets` keeps the deadline · `smtp` talks to mail servers, also for Django's own mails · `http` to all other servers.
"""


def our_backend(path: str) -> str:
    """Return the import path of an email backend, with ours in place of Django's SMTP backend."""
    return "cms.network.mail_backend.SmtpBackend" if path == "django.core.mail.backends.smtp.EmailBackend" else path
