"""Django settings, all of them from the environment (README has the table)."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import environ
from cryptography.fernet import Fernet
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

PROJECT = Path(__file__).resolve().parent.parent
env = environ.Env()


def _required(name: str, remedy: str) -> str:
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {remedy}")
    return value


def _number(name: str, default: float, lowest: float) -> float:
    raw = env.str(name, default=str(default))
    try:
        value = float(raw)
    except ValueError:
        value = lowest - 1
    if not value >= lowest:
        raise ImproperlyConfigured(f"{name} is {raw!r}: give a number of at least {lowest:g}.")
    return value


def _flag(name: str) -> bool:
    raw = env.str(name, default="").strip().lower()
    if raw not in {"", "0", "1", "true", "false", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"{name} is {raw!r}: give true or false.")
    return raw in {"1", "true", "yes", "on"}


DEBUG = _flag("DEBUG")
DEMO = _flag("SIMFLEET_DEMO")
SECRET_KEY = _required("SECRET_KEY", "give a long random text.")
ENCRYPTION_KEYS = _required(
    "ENCRYPTION_KEYS",
    "give one or more Fernet keys, newest first, separated by commas "
    "(python manage.py make_encryption_key prints one).",
).split(",")
for _key in ENCRYPTION_KEYS:
    try:
        Fernet(_key.strip())
    except ValueError:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS holds a value that is no Fernet key "
            "(python manage.py make_encryption_key prints one)."
        ) from None

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_TLS = _flag("BEHIND_TLS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
X_FRAME_OPTIONS = "DENY"

DATABASE_URL = _required("DATABASE_URL", "give postgresql://user:password@host:5432/name.")
try:
    with warnings.catch_warnings(action="ignore"):
        DATABASES = {"default": env.db_url_config(DATABASE_URL)}
except Exception:
    DATABASES = {"default": {"ENGINE": ""}}
if DATABASES["default"].get("ENGINE") != "django.db.backends.postgresql":
    raise ImproperlyConfigured(
        "DATABASE_URL cannot be read: give postgresql://user:password@host:5432/name."
    )
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
if _socket := parse_qs(urlsplit(DATABASE_URL).query).get("host"):
    DATABASES["default"]["HOST"] = _socket[0]
    DATABASES["default"]["OPTIONS"] = {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = _required("REDIS_URL", "give redis://host:6379/0 or unix:///path/redis.sock?db=0.")
if urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL cannot be read: give redis://host:6379/0.")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "template_partials",
    "config",
    "accounts",
    "fleet",
]
MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.web.middleware.PersonMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fleet.web.shell.shell",
            ],
            "builtins": ["fleet.templatetags.simfleet"],
        },
    }
]

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.web.sign_in.ClosedSignUp"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# Failed sign-ins are counted by axes in the database, so that signing in does not need Redis.
ACCOUNT_RATE_LIMITS = False
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = PROJECT / "staticfiles"
STATICFILES_DIRS = [PROJECT / "static"]
# Collected files carry a hash in their names, and a manifest names them; collectstatic makes both.
_collected = (STATIC_ROOT / "staticfiles.json").exists() or sys.argv[1:2] == ["collectstatic"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if _collected
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not _collected
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# 200,000 identifiers of the longest sort can be pasted at once; files are counted apart.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 2**20
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

DJANGO_TABLES2_TEMPLATE = "_components/table.html"
DJANGO_TABLES2_TABLE_ATTRS = {"class": "table table-vcenter card-table"}

# Requests to the Telnyx API: seconds, and requests a second for one account over all processes.
TELNYX_CONNECT_SECONDS = _number("TELNYX_CONNECT_SECONDS", 3.05, 0.1)
TELNYX_READ_SECONDS = _number("TELNYX_READ_SECONDS", 15, 0.1)
TELNYX_PAGE_SECONDS = _number("TELNYX_PAGE_SECONDS", 6, 0.1)
TELNYX_THREADS = int(_number("TELNYX_THREADS", 8, 1))
# A claimed target is sent within the first of these, and its request ends within the second;
# the claim lapses after both, when its request can no longer be under way.
CLAIM_START_SECONDS = _number("CLAIM_START_SECONDS", 10, 1)
REQUEST_SECONDS = TELNYX_CONNECT_SECONDS + TELNYX_READ_SECONDS
# Events and daily consumption are kept for so many months.
HISTORY_MONTHS = int(_number("HISTORY_MONTHS", 25, 1))

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    raise ImproperlyConfigured(
        f"LOG_LEVEL is {LOG_LEVEL!r}: give DEBUG, INFO, WARNING, ERROR or CRITICAL."
    )
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "urllib3": {"level": "INFO"},
    },
}
