"""What is logged of requests, without the tokens in their addresses: by Django, and by Gunicorn's access log."""

import copy
import logging
import re

LOGGERS = ("django.request", "django.server", "gunicorn.access")

_before_tokens = {"/api/v1/preview/"}


def connect() -> None:
    """Make the logs of requests hide tokens, whatever their handlers are; called once, when the app is ready."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(hide_tokens)


def hide_after(*paths: str) -> None:
    """Hide what follows each of these parts of an address ("/n/u/"); for plugins whose addresses carry secrets."""
    _before_tokens.update(paths)


def hide_tokens(record: logging.LogRecord) -> bool:
    """Take the tokens out of the record's words, and let it pass."""
    record.msg = _hide(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_hide(each) for each in record.args)
    elif isinstance(record.args, dict):  # Gunicorn's own kind of dict, which it fills anew for each request
        args = copy.copy(record.args)
        args.update({key: _hide(each) for key, each in args.items()})
        record.args = args
    return True


def _hide(value: object) -> object:
    if not isinstance(value, str):
        return value
    before = "|".join(re.escape(path) for path in sorted(_before_tokens))
    return re.sub(rf"({before})[^\s\"'?]+", r"\1[hidden]", value)
