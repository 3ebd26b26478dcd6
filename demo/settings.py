"""Settings of the demo: the project's settings, with all files in `.demo/` and all mails in a local inbox.

Your own database, mail server and key are never touched: their variables are replaced before they are read.
"""

import os

from demo.place import DEMO_DIR, DEMO_PORT, DEMO_SMTP_PORT, SECRET_KEY

os.environ.update(
    SECRET_KEY=SECRET_KEY,
    DEBUG="off",
    PUBLIC_URL=f"http://localhost:{DEMO_PORT}",
    DATABASE_URL=os.environ.get("DEMO_DATABASE_URL", f"sqlite:///{DEMO_DIR / 'db.sqlite3'}"),
    EMAIL_URL=f"smtp://127.0.0.1:{DEMO_SMTP_PORT}",
    MEDIA_ROOT=str(DEMO_DIR / "media"),
    LOG_LEVEL=os.environ.get("LOG_LEVEL", "WARNING"),
    DJANGO_RUNSERVER_HIDE_WARNING="true",
)
os.environ.pop("ALLOWED_HOSTS", None)

from cms.settings import *  # noqa: F403

INSTALLED_APPS += ["demo"]  # noqa: F405
ROOT_URLCONF = "demo.urls"
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = DEMO_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
HUB_NEWSLETTERS |= {"LEASE_SECONDS": 20}  # noqa: F405  # an interrupted demo continues soon
