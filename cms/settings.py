"""Settings of the project, read from the environment, with secure defaults.

docs/operations.md lists every variable. A `.env` file in BASE_DIR is read if it exists.
"""

import os
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import environ
from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured

from cms.background.compat import mail_settings
from cms.network import our_backend
from cms.plugins import discover
from cms.plugins.refusal import end_with_one_line

# The folder of manage.py; for a hub that is installed as a package, the folder in which its commands are run.
_parent = Path(__file__).resolve().parent.parent
BASE_DIR = _parent if (_parent / "manage.py").exists() else Path.cwd()

env = environ.Env()
env.read_env(BASE_DIR / ".env")
for _name, _schemes in {
    "PUBLIC_URL": ("http", "https"),
    "DATABASE_URL": ("postgres", "postgresql", "sqlite"),
    "EMAIL_URL": tuple(env.EMAIL_SCHEMES),
}.items():
    if urlsplit(os.environ.get(_name, f"{_schemes[0]}://")).scheme not in _schemes:
        raise ImproperlyConfigured(f"{_name} must begin with {', '.join(f'{scheme}://' for scheme in _schemes)}.")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        f"SECRET_KEY is not set. Set it in the environment or in {BASE_DIR / '.env'}; this command makes a key: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname or "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])

HUB_PLUGINS_DISABLED = env.list("HUB_PLUGINS_DISABLED", default=[])
if "cms" in HUB_PLUGINS_DISABLED:
    raise ImproperlyConfigured("HUB_PLUGINS_DISABLED names cms, the core on which all other plugins build.")

end_with_one_line()
INSTALLED_APPS = [
    *discover(disabled=HUB_PLUGINS_DISABLED),
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "ninja",
    "modelcluster",
    "taggit",
    "corsheaders",
    "django_tasks_db",
    "django_filters",
    "axes",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.project.csp.csp_middleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cms.project.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "cms.admin.missing_plugins.MissingPluginMiddleware",
    "cms.admin.confirming.ConfirmingMiddleware",
    "axes.middleware.AxesMiddleware",
    "cms.project.logins.LoginBrakeMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        transaction_mode="IMMEDIATE",
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=10000;",
        timeout=20,
    )
else:
    INSTALLED_APPS.append("django.contrib.postgres")  # Django 6.1 requires it if its fields are used
    # Give up on a host that vanishes within half a minute, so that a lease does not expire while waiting.
    waits = {"connect_timeout": 10, "tcp_user_timeout": 30_000}
    # Prepare the statement that runs between two mails; with an old pooler each transaction may get another session.
    prepares = {} if env.bool("DATABASE_POOLER", default=False) else {"prepare_threshold": 5}
    DATABASES["default"]["OPTIONS"] = waits | prepares | DATABASES["default"].get("OPTIONS", {})
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "wagtailadmin_login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Wrong passwords are counted in the database, for all processes together; see cms/project/logins.py.
LOGIN_TRIES = AXES_FAILURE_LIMIT = env.int("LOGIN_TRIES", default=10)
LOGIN_LOCK_MINUTES = env.int("LOGIN_LOCK_MINUTES", default=15)
if min(LOGIN_TRIES, LOGIN_LOCK_MINUTES) < 1:
    raise ImproperlyConfigured("LOGIN_TRIES and LOGIN_LOCK_MINUTES must be 1 or more.")
AXES_COOLOFF_TIME = timedelta(minutes=LOGIN_LOCK_MINUTES)
AXES_LOCKOUT_PARAMETERS = "cms.project.logins.lockout_parameters"
AXES_LOCKOUT_CALLABLE = "cms.project.logins.locked_out"
AXES_CLIENT_IP_CALLABLE = "cms.project.clients.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False

# Users who have set up an authenticator app enter its code to log in.
TWO_FACTOR = env.bool("TWO_FACTOR", default=False)
if TWO_FACTOR:
    if not (find_spec("django_otp") and find_spec("qrcode")):
        raise ImproperlyConfigured("TWO_FACTOR needs: pip install 'innovation-hub[two-factor]'")
    INSTALLED_APPS += ["django_otp", "django_otp.plugins.otp_totp"]
    AUTHENTICATION_BACKENDS[-1] = "cms.project.two_factor.TwoFactorBackend"
    WAGTAILADMIN_USER_LOGIN_FORM = "cms.project.two_factor.LoginForm"

LANGUAGE_CODE = "en"
LANGUAGES = WAGTAIL_CONTENT_LANGUAGES = [("en", "English"), ("nl", "Nederlands")]
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Amsterdam")
USE_TZ = True
USE_I18N = True
WAGTAIL_I18N_ENABLED = True
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False  # a new translation still has texts in the other language

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=BASE_DIR / "media")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Wagtail's own small tasks run immediately; the hub's (sending, renditions) wait for a worker.
HUB_TASK_BACKEND = env.str("HUB_TASK_BACKEND", default="django_tasks_db.DatabaseBackend")
TASKS = {
    "default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"},
    "background": {"BACKEND": HUB_TASK_BACKEND, "QUEUES": []},
}
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
if HUB_TASK_BACKEND == "cms.background.redis_engine.RedisBackend":
    if not find_spec("django_rq"):
        raise ImproperlyConfigured(f"HUB_TASK_BACKEND {HUB_TASK_BACKEND} needs: pip install 'innovation-hub[redis]'")
    INSTALLED_APPS += ["django_rq"]
    # No time limit: if it struck in the middle of a mail, that mail would be uncertain. Leases detect hanging workers.
    RQ_QUEUES = {name: {"URL": REDIS_URL, "DEFAULT_TIMEOUT": -1} for name in ("mails", "default")}

_mail = env.email_url("EMAIL_URL", default="smtp://localhost:25")
SMTP_OPTIONS = {
    "host": _mail["EMAIL_HOST"],
    "port": _mail["EMAIL_PORT"] or 25,
    "username": _mail["EMAIL_HOST_USER"] or "",
    "password": _mail["EMAIL_HOST_PASSWORD"] or "",
    "use_tls": _mail.get("EMAIL_USE_TLS", False),
    "use_ssl": _mail.get("EMAIL_USE_SSL", False),
    "timeout": 30,
}
globals().update(mail_settings(backend=our_backend(_mail["EMAIL_BACKEND"]), options=SMTP_OPTIONS))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"noreply@{_public.hostname}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

HUB_NEWSLETTERS = {
    "TRANSPORT": {"BACKEND": "newsletters.sending.transport.smtp.SmtpTransport", "OPTIONS": SMTP_OPTIONS},
    "PUBLIC_URL": PUBLIC_URL,
    "FEEDBACK_SENDER": env.str("HUB_FEEDBACK_SENDER", default=""),
    "SUPPRESSION_KEY": env.str("HUB_SUPPRESSION_KEY", default=""),
    "ERASED_JOURNAL": env.str("HUB_ERASED_JOURNAL", default=""),
    "BOUNCE_ADDRESS": env.str("HUB_BOUNCE_ADDRESS", default=""),
    "UNSUBSCRIBE_ADDRESS": env.str("HUB_UNSUBSCRIBE_ADDRESS", default=""),
    "BOUNCE_MAILBOX": env.str("HUB_BOUNCE_MAILBOX", default=""),
    "REPLIES_TO": env.str("HUB_REPLIES_TO", default=""),
    "PROVIDER_WEBHOOKS": env.list("HUB_PROVIDER_WEBHOOKS", default=[]),
    "PROOF_OF_WORK": env.bool("HUB_PROOF_OF_WORK", default=False),
}

# What providers must know to report what became of mails: user:password, for anymail's webhooks.
ANYMAIL = {"WEBHOOK_SECRET": env.str("HUB_PROVIDER_SECRET", default="")}

HUB_PREVIEW_SECONDS = env.int("HUB_PREVIEW_SECONDS", default=600)

HUB_WEBHOOKS = {
    "ALLOW_PRIVATE": env.bool("HUB_WEBHOOKS_ALLOW_PRIVATE", default=False),
    "KEEP_DAYS": env.int("HUB_WEBHOOKS_KEEP_DAYS", default=30),
}

WAGTAIL_SITE_NAME = "Innovation Hub"
WAGTAILADMIN_BASE_URL = PUBLIC_URL
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "pdf", "pptx", "txt", "xlsx"]
WAGTAILDOCS_EXTENSIONS += ["m4a", "mp3", "mp4", "ogg", "wav", "webm"]  # what the block “media” plays
WAGTAILIMAGES_EXTENSIONS = ["avif", "gif", "jpg", "jpeg", "png", "webp"]
WAGTAILIMAGES_IMAGE_FORM_BASE = "cms.pictures.upload_form.ImageForm"
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 64_000_000  # a worker needs 8 bytes for each
WAGTAILSEARCH_BACKENDS: dict[str, dict[str, object]] = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_AUTO_UPDATE_PREVIEW_INTERVAL = 50  # milliseconds; Wagtail already waits for a pause in typing
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_FINISH_WORKFLOW_ACTION = "cms.project.workflows.finish_workflow"

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "if-modified-since", "if-none-match"]
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST"]
CORS_EXPOSE_HEADERS = ["Content-Language", "ETag", "Last-Modified", "Link", "Retry-After"]

# For bodies of API responses and Wagtail's own data. With several machines, one shared Redis saves work.
CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://")}
CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 2000)

SECURE_SSL_REDIRECT = _public.scheme == "https" and not DEBUG
_behind_proxy = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _behind_proxy else None
# For counting requests by address: if unset, Ninja believes whatever a client writes into X-Forwarded-For.
NINJA_NUM_PROXIES = 1 if _behind_proxy else 0
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE_SSL_REDIRECT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_SSL_REDIRECT
# A mail provider's one-click POST must not be redirected (RFC 8058, section 3.2).
SECURE_REDIRECT_EXEMPT = [r"^n/u/"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
