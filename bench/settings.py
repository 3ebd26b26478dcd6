"""Settings of the benchmarks: the project's own with a scratch database, and Wagtail's APIs v2 and v3 added.

Your database is never touched: its variable is replaced before it is read.
"""

import os
import tempfile
from pathlib import Path

_scratch = tempfile.TemporaryDirectory(prefix="hub-bench-")  # deleted when the process ends
SCRATCH = Path(_scratch.name)

os.environ.update(
    SECRET_KEY="only-for-benchmarks-" + "x" * 40,
    DEBUG="off",
    PUBLIC_URL="http://hub.test",
    DATABASE_URL=os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{SCRATCH / 'db.sqlite3'}"),
    MEDIA_ROOT=str(SCRATCH / "media"),
)
os.environ.pop("ALLOWED_HOSTS", None)

from cms.settings import *  # noqa: E402, F403

INSTALLED_APPS = ["bench", *INSTALLED_APPS, "wagtail.api.v2", "wagtail.api.v3"]  # noqa: F405
ROOT_URLCONF = "bench.urls"
HUB_NEWSLETTERS |= {"LOCAL_DOMAINS": ["hub.test"]}  # noqa: F405  # the sender's domain in the hub that the tests build
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT = SCRATCH / "static"
STATIC_ROOT.mkdir()
# Some requests are for pages that do not exist.
LOGGING["handlers"] = {"console": {"class": "logging.StreamHandler", "formatter": "line", "level": "ERROR"}}  # noqa: F405
WAGTAILAPI_LIMIT_MAX = 100
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}
