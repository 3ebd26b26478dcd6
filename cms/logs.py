"""What Django logs of requests, without the tokens in their addresses."""

import logging
import re

TOKEN = re.compile(r"(/api/v1/preview/)[^\s\"']+")
LOGGERS = ("django.request", "django.server")


def connect() -> None:
    """Make Django's request logs hide tokens, whatever their handlers are; called once, when the app is ready."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(hide_tokens)


def hide_tokens(record: logging.LogRecord) -> bool:
    """Take the tokens out of the record's words, and let it pass."""
    record.msg = _hide(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_hide(each) for each in record.args)
    return True


def _hide(value: object) -> object:
    return TOKEN.sub(r"\1[hidden]", value) if isinstance(value, str) else value
