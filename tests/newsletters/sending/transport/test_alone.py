"""The transports need no model and no database: they load and hand over a mail without any installed app."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
ALONE = """
import importlib, pkgutil, sys
from email.message import EmailMessage
from django.conf import settings
settings.configure(SECRET_KEY="for this test", EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
import newsletters.sending.transport as room
for module in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"{room.__name__}.{module.name}")
from django.core import mail
from newsletters.sending.transport.django_backend import BackendTransport
from newsletters.sending.transport.message import set_bodies
message = EmailMessage()
message["Subject"] = "A test"
message["From"], message["To"] = "hub@example.org", "sam@example.org"
set_bodies(message, text="Words", html="<p>Words</p>", language="en")
with BackendTransport(backend=settings.EMAIL_BACKEND).connect() as connection:
    reply = connection.send(message, sender="hub@example.org", recipient="sam@example.org")
assert (reply.code, mail.outbox[0].subject) == (250, "A test")
loaded = {name for name in sys.modules if name.startswith(("newsletters.models", "cms.models", "wagtail"))}
assert not loaded, loaded
"""


def test_the_transports_work_without_models_and_without_a_database() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
