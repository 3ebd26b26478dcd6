"""Hide tokens and searches in addresses from the logs of requests, Django's own and Gunicorn's access log.

Staff search for people's addresses (`?q=`), and such a search is a GET with all of Wagtail's lists.
"""

import copy
import logging
import re

LOGGERS = ("django.request", "django.server", "gunicorn.access")

_before_tokens = {"/api/v1/preview/"}


def connect() -> None:
    """Hide tokens in the logs of requests, for any handler; called once, when the app is ready."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(hide_tokens)


def hide_after(*paths: str) -> None:
    """Hide whatever follows each of these parts of an address ("/n/u/"); for plugins with secrets in addresses."""
    _before_tokens.update(paths)


def hide_tokens(record: logging.LogRecord) -> bool:
    """Remove tokens from the record's message and arguments, and return True."""
    record.msg = _hide(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(_hide(value) for value in record.args)
    elif isinstance(record.args, dict):  # Gunicorn's own kind of dict
        args = copy.copy(record.args)
        args.update({key: _hide(value) for key, value in args.items()})
        record.args = args
    return True


def _hide(value: object) -> object:
    if not isinstance(value, str):
        return value
    before = "|".join(re.escape(path) for path in sorted(_before_tokens))
    without_tokens = re.sub(rf"({before})[^\s\"'?]+", r"\1[hidden]", value)
    return re.sub(r"((?:^|[?&])q=)[^\s\"'&#]+", r"\1[hidden]", without_tokens)
