"""Django's settings. Importing them writes nothing; `docs/web.md` lists the variables."""

import os
import secrets
from typing import Any

import dj_database_url

from platewright.errors import ConfigError
from platewright.pool import usual_workers
from platewright.web.database import FileConnection
from platewright.web.environment import ROOT, chosen, data_folder, listed, number, switch

DEBUG = switch("PLATEWRIGHT_DEBUG")
# manage.py makes a key that stays; what only looks at the settings (type checks) needs none.
SECRET_KEY = os.environ.get("PLATEWRIGHT_SECRET_KEY") or secrets.token_urlsafe(48)
ALLOWED_HOSTS = listed("PLATEWRIGHT_HOSTS", "localhost,127.0.0.1,[::1]")

HTTPS = switch("PLATEWRIGHT_HTTPS")
"""Whether browsers come by https, through a proxy that says so in X-Forwarded-Proto."""
PROXIES = int(number("PLATEWRIGHT_PROXIES", 0, 0, 10))
"""How many proxies of one's own stand before the server, each adding to X-Forwarded-For."""

OPEN = chosen("PLATEWRIGHT_ACCESS", "open" if DEBUG else "login", ("open", "login")) == "open"
"""Whether all who reach the page may see the registry and keep sightings, without logging in."""
TOKEN = os.environ.get("PLATEWRIGHT_TOKEN", "")

READER = os.environ.get("PLATEWRIGHT_READER") or ""
WEIGHTS = os.environ.get("PLATEWRIGHT_WEIGHTS") or str(ROOT / "weights.onnx")
READERS = int(number("PLATEWRIGHT_READERS", 0 if DEBUG else min(usual_workers(), 4), 0, 64))
"""Processes that decode and read; 0: this process does, however much a picture costs."""
PICTURE_S = number("PLATEWRIGHT_PICTURE_S", 15, 0.1, 600)
PICTURE_MB = number("PLATEWRIGHT_PICTURE_MB", 2000, 0, 1e6)
"""What such a process may need for a picture, seconds and memory; it is ended beyond the first."""
MAX_PICTURE_BYTES = int(number("PLATEWRIGHT_MAX_MB", 25, 0.01, 1000) * 1_000_000)
MAX_PICTURE_PIXELS = int(number("PLATEWRIGHT_MAX_MEGAPIXELS", 50, 0.01, 1000) * 1_000_000)
MAX_REQUEST_BYTES = MAX_PICTURE_BYTES * 2  #: Most bytes of a request, all its pictures together
MAX_HELD_BYTES = MAX_REQUEST_BYTES * 8
"""Most bytes of all requests that a process takes in at a time."""
MAX_PICTURES = int(number("PLATEWRIGHT_MAX_PICTURES", 8, 1, 100))
REQUEST_S = number("PLATEWRIGHT_REQUEST_S", 30, 1, 600)
CONNECTIONS = int(number("PLATEWRIGHT_CONNECTIONS", 32, 0, 10_000))
"""Most connections of a client at a time; 0: any number. Behind a proxy that is the proxy's."""
PICTURES_PER_MINUTE = number("PLATEWRIGHT_PER_MINUTE", 120, 0, 1e6)
"""Most pictures a client may send in a minute; 0: no limit."""
KEEP_DAYS = number("PLATEWRIGHT_KEEP_DAYS", 0, 0, 36_500)
"""After so many days sightings are removed; 0: never."""

INSTALLED_APPS = [
    "platewright.web.registry.RegistryConfig", "platewright.web", "django.contrib.admin",
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "ninja",
]  # fmt: skip
MIDDLEWARE = [
    "platewright.web.security.SecurityHeaders", "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware", "platewright.web.metric.Measure",
    "platewright.web.security.Limits", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "platewright.web.security.Accounts",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "platewright.web.problem.methods_told",
]  # fmt: skip
ROOT_URLCONF = "platewright.web.urls"
WSGI_APPLICATION = "platewright.web.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "platewright.web.security.access",
            ],
            "libraries": {"percent": "platewright.web.page"},
        },
    }
]

_url = os.environ.get("DATABASE_URL") or f"sqlite:///{data_folder() / 'registry.sqlite3'}"
try:
    _database: dict[str, Any] = dict(
        dj_database_url.parse(_url, conn_max_age=600, conn_health_checks=True)
    )
except ValueError:  # what it says may hold the password
    raise ConfigError(
        "DATABASE_URL: can't be understood; write postgres://user:password@host/name"
    ) from None
if not _database["ENGINE"].endswith(("sqlite3", "postgresql")):
    raise ConfigError("DATABASE_URL: the registry runs on SQLite and PostgreSQL alone")
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # Readers never wait for a writer, and what is forgotten is wiped from the file as well.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
        ),
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "factory": FileConnection,
    }
DATABASES = {"default": _database}
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
LOGIN_URL = "admin:login"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = os.environ.get("TZ") or "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [("faces", ROOT / "fonts")]
# Served from where they lie: no step to collect them, and none to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# A picture is held in memory while it is read and never written to a file of the server's.
FILE_UPLOAD_HANDLERS = ["platewright.web.request.BoundedMemory"]
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_PICTURES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_PICTURE_BYTES

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "platewright.web.problem.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^health$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 31_536_000
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {"addressless": {"()": "platewright.web.problem.Addressless"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["addressless"],
        }
    },
    "loggers": {
        "platewright": {"handlers": ["stderr"], "level": "INFO"},
        # What clients do wrong is counted (/metrics), not logged: a log of theirs is data, too.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        # Waitress tells what was asked for, which may be a plate.
        "waitress": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "waitress.queue": {"level": "ERROR"},
    },
}
