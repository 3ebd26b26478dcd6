"""Settings for the tests: the project's own, with a throwaway key, fast hashes and mails kept in memory."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("PUBLIC_URL", "http://hub.test")
os.environ.setdefault("TWO_FACTOR", "on")

from cms.settings import *  # noqa: F403

INSTALLED_APPS += ["demo"]  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = f"{tempfile.gettempdir()}/hub-test-media"  # each test has a folder of its own; see conftest.py
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["hub.test", "localhost", "testserver"]
# Tests fill forms in faster than people.
HUB_NEWSLETTERS |= {"LOCAL_DOMAINS": ["hub.test"], "SIGN_UP_LEAST_SECONDS": None}  # noqa: F405
