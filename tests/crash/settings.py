"""Settings of the crash test: the project's own, with leases and waits of seconds, and fault points to arm."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-crash-tests-" + "x" * 40)
os.environ["PUBLIC_URL"] = "http://hub.test"
os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{os.environ['CRASH_SMTP_PORT']}"

from cms.settings import *  # noqa: F403

HUB_NEWSLETTERS |= {  # noqa: F405
    "CLAIM_SIZE": 20,
    "BATCH_SIZE": 200,
    "LEASE_SECONDS": int(os.environ.get("CRASH_LEASE_SECONDS", "3")),
    "TURN_SECONDS": 2,
    "SWEEP_SECONDS": 1,
    "OUTAGE_SECONDS": 1,
    "RETRY_FIRST_SECONDS": 1,
    "LOCAL_DOMAINS": ["hub.test"],  # the sender's domain in the hub that the tests build
}
if MOST := int(os.environ.get("CRASH_PIECE", "0")):
    OPTIONS = {"api_key": "x", "api_url": f"http://127.0.0.1:{os.environ['CRASH_SMTP_PORT']}/"}
    HUB_NEWSLETTERS["TRANSPORT"] = {
        "BACKEND": "newsletters.sending.transport.anymail_transport.AnymailTransport",
        "OPTIONS": {"backend": "anymail.backends.resend.EmailBackend", "options": OPTIONS, "most": MOST},
    }
INSTALLED_APPS += ["tests.crash"]  # noqa: F405  # its apps.py arms the fault points
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
