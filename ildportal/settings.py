"""The one settings file. Everything that differs between installations comes from the environment
(docs/install.md lists it); development needs none of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pghistory

from ildportal import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
PRODUCTION = env.flag("ILDPORTAL_PRODUCTION", False)
HOME = Path(env.text("ILDPORTAL_HOME", str(embedded.default_home())))

SECRET_KEY = env.secret("SECRET_KEY", HOME, PRODUCTION)
# First key encrypts, all decrypt: put a new key in front to rotate.
FIELD_KEYS = [key.strip() for key in env.secret("ILDPORTAL_FIELD_KEYS", HOME, PRODUCTION).split(",")]
LOOKUP_KEY = env.secret("ILDPORTAL_LOOKUP_KEY", HOME, PRODUCTION)

DEBUG = env.flag("ILDPORTAL_DEBUG", False)
ALLOWED_HOSTS = env.words("ILDPORTAL_HOSTS", "" if PRODUCTION else "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("ILDPORTAL_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "django_htmx",
    "rest_framework",
    "django_filters",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "patients",
    "quant",
    "ildportal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ildportal.headers.reload_when_logged_out",
    "ildportal.headers.content_security_policy",
]
ROOT_URLCONF = "ildportal.urls"
WSGI_APPLICATION = "ildportal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "builtins": ["ildportal.pages.numbers"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": {
        **env.database(env.text("DATABASE_URL", embedded.database_url(HOME))),
        "CONN_HEALTH_CHECKS": True,
    }
}
# A pool's threads do not survive a fork, so it is for the web process only (docker/ switches it on).
if env.flag("ILDPORTAL_DB_POOL", False):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.integer("ILDPORTAL_DB_POOL_SIZE", 8, 1)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "ildportal.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "worklist"
LOGOUT_REDIRECT_URL = "login"

# History is written by database triggers: bulk and raw writes count as well.
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_APPEND_ONLY = True
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()
PGHISTORY_OBJ_FIELD = pghistory.ObjForeignKey(related_name="history", related_query_name="history")

STORAGE = Path(env.text("ILDPORTAL_STORAGE", str(HOME / "storage")))
PATIENT_CODE_PREFIX = env.text("ILDPORTAL_CODE_PREFIX", "ILD")

# The queue: the Run row is the queue of record, the broker only wakes workers (docs/decisions/005).
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", embedded.broker_url(HOME))
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    "visibility_timeout": 3600,
    "socket_connect_timeout": 3,
    "max_retries": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "quantify"
HEAT_QUEUE = "heat"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
RUN_ATTEMPTS = 3
RUN_LEASE_SECONDS = env.integer("ILDPORTAL_LEASE_SECONDS", 60, 2)
WORKER_BEAT_SECONDS = env.integer("ILDPORTAL_BEAT_SECONDS", 5, 1)
RUN_TIME_LIMIT_SECONDS = env.integer("ILDPORTAL_RUN_SECONDS", 1800, 10)
ENGINE = env.text("ILDPORTAL_ENGINE", "density")
DEVICE = env.text("ILDPORTAL_DEVICE", "auto")
HEAT_MAPS = env.flag("ILDPORTAL_HEAT_MAPS", False)
# Goh scores by a network (docs/goh.md): the folder of a register of one's own; who scores after each measurement.
SCORE_MODELS = env.text("ILDPORTAL_SCORE_MODELS", "")
SCORE_AFTER = env.model("ILDPORTAL_SCORE_AFTER")
DICOM_OBJECTS = env.flag("ILDPORTAL_DICOM_OBJECTS", True)

# The API (docs/api.md). The token comes first, so that a request without any answers 401, not 403.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "ildportal.api.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["ildportal.api.permissions.Members"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "ildportal.api.paging.Pages",
    "DEFAULT_FILTER_BACKENDS": ["ildportal.api.filters.StrictFilters", "ildportal.api.filters.StrictOrdering"],
    "DEFAULT_SCHEMA_CLASS": "ildportal.api.schema.Schema",
    "EXCEPTION_HANDLER": "ildportal.api.problems.handle",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    # Counted by each web process for itself.
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": f"{env.integer('ILDPORTAL_API_PER_MINUTE', 1200, 1)}/min"},
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"AUTH_HEADER_PREFIX": "Bearer", "TOKEN_TTL": timedelta(days=90)}
KNOX_TOKEN_MODEL = "ildportal.ApiToken"  # noqa: S105
# Its migrations would make a table for the model that ours stands in for, out of reach of Django's own commands.
MIGRATION_MODULES: dict[str, str | None] = {"knox": None}
SPECTACULAR_SETTINGS = {
    "TITLE": "ILD Portal",
    "VERSION": "1",
    "DESCRIPTION": "Research use only: not a medical device, not clinically validated. docs/api.md explains the rest.",
    "LICENSE": {"name": "Apache-2.0"},
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "ildportal.api.schema.closed"],
    "ENUM_NAME_OVERRIDES": {
        "DatePrecisionEnum": "patients.models.DatePrecision",
        "GradeEnum": "patients.models.function.Grade",
        "SymptomChangeEnum": "patients.models.course.SymptomChange",
        "YesNoUnknownEnum": "patients.models.imaging.YesNoUnknown",
    },
}

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "ildportal.vendored.PlotlyFinder",
]
# Production serves what `collectstatic` gathered, with hashed names; development serves the sources.
STATIC_ROOT = Path(env.text("ILDPORTAL_STATIC", str(HOME / "static"))) if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
if not PRODUCTION:
    # There the names are not hashed, but this large one holds its version.
    WHITENOISE_IMMUTABLE_FILE_TEST = r"/plotly-[\d.]+/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
LANGUAGE_CODE = "en"
TIME_ZONE = env.text("ILDPORTAL_TIME_ZONE", "UTC")
USE_TZ = True

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = PRODUCTION and env.flag("ILDPORTAL_HTTPS_REDIRECT", True)
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("ILDPORTAL_LOG_LEVEL", "INFO")},
    # It tells of every module of attributes that it copies into a DICOM object.
    "loggers": {"highdicom": {"level": "WARNING"}},
}
