"""Settings shared by every way of running the hall."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.utils.translation import gettext_lazy as _

from taxhall.common import logs
from taxhall.embedded import urls as embedded_urls
from taxhall.env import BASE_DIR, HallEnvironment

ENV = HallEnvironment.read()

HALL_VAR: Path = ENV.var
HALL_ROLE = ENV.role
HALL_DEMO = False
HALL_PRODUCTION = False

SECRET_KEY = ENV.secret_key
DEBUG = False
ALLOWED_HOSTS: list[str] = []

INSTALLED_APPS = [
    "taxhall.apps.HallConfig",
    "taxhall.common.apps.CommonConfig",
    "taxhall.apps.HallAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts.apps.AccountsConfig",
    "devices.apps.DevicesConfig",
    "invoicing.apps.InvoicingConfig",
    "filing.apps.FilingConfig",
    "clearcard.apps.ClearcardConfig",
]

MIDDLEWARE = [
    "taxhall.middleware.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.SessionLimitsMiddleware",
    "accounts.middleware.ActiveTaxpayerMiddleware",
    "taxhall.middleware.HallErrorMiddleware",
]

ROOT_URLCONF = "taxhall.urls"
WSGI_APPLICATION = "taxhall.wsgi.application"
ASGI_APPLICATION = "taxhall.asgi.application"
FORM_RENDERER = "taxhall.common.forms.HallFormRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "taxhall.context.hall",
            ],
        },
    },
]

# Identity numbers are kept only as digests under this key.
HALL_IDENTITY_KEY = ENV.identity_key
# Networks whose X-Forwarded-For is believed.
HALL_TRUSTED_PROXIES = list(ENV.trusted_proxies)

# A server that was named wins; otherwise the embedded one of this var folder, if it was ever started.
DATABASE_URL = ENV.database_url or embedded_urls.database_url(HALL_VAR)
REDIS_URL = ENV.redis_url or embedded_urls.redis_url(HALL_VAR)
# Without any, a place where no server can be: the error then names the folder instead of
# reaching a stranger's database on the usual port.
PLACEHOLDER_DATABASE: dict[str, Any] = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": "taxhall",
    "HOST": str(HALL_VAR / "embedded" / "not-started"),
}
# A new connection costs more than most requests: PostgreSQL starts a process that knows no table yet. So it is
# kept, and asked at each request or task whether it still lives. DATABASE_URL may say otherwise (?conn_max_age=0).
KEPT_CONNECTION: dict[str, Any] = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
# Whoever stands still inside a transaction for longer than a lease has lost the right to go on. So PostgreSQL takes
# the locks away as well, and nobody waits for a process that may never wake. DATABASE_URL may name other options.
NO_IDLING = {"options": f"-c idle_in_transaction_session_timeout={ENV.lease_seconds}s"}


def _database(url: str) -> dict[str, Any]:
    named = environ.Env.db_url_config(url)
    return {**KEPT_CONNECTION, **named, "OPTIONS": {**NO_IDLING, **named.get("OPTIONS", {})}}


DATABASES = {"default": _database(DATABASE_URL) if DATABASE_URL else PLACEHOLDER_DATABASE}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "taxhall.common.passwords.LongEnoughValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "desk"
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
# What waits in each company, counted by the applications above: taxpayers in, numbers by id out.
IDENTITY_PENDING_COUNTER = ""

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = HALL_VAR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = HALL_VAR / "uploads"

SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# The largest form is an invoice: a hundred lines of eleven fields, its own and those of a vehicle. Django's thousand
# lost everything typed from the 91st line on; more than this is still no form of ours.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# The row in the database is the work, Celery rings and lends hands (docs/adr). A task is acknowledged
# when done, and comes back when its worker dies; common.checks refuses production without this.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_SOFT_TIME_LIMIT = 75
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20.0
# More than twice the hard limit, so that no task that still runs is handed out again;
# in each of the three places that Celery reads it from.
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"visibility_timeout": CELERY_VISIBILITY_TIMEOUT}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
# Celery would close the database after every task; taxhall.celery does what Django does for requests instead.
CELERY_DB_REUSE_MAX = 10_000

# Where unsafe API calls and their answers are kept (common owns no tables).
IDEMPOTENCY_STORE = "accounts.services.idempotency.DatabaseIdempotencyStore"
REST_KNOX = {"TOKEN_TTL": timedelta(hours=10), "AUTH_HEADER_PREFIX": "Bearer", "TOKEN_LIMIT_PER_USER": None}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "knox.auth.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["taxhall.common.api_defaults.IsProvenUser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "taxhall.common.api.handle_exception",
    "DEFAULT_PAGINATION_CLASS": "taxhall.common.api_defaults.HallPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["taxhall.common.api_defaults.HallJSONParser"],
}
SPECTACULAR_SETTINGS = {
    "TITLE": "taxhall API",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Several serializers have a field of the same name; each set of values has one name in the schema.
    "ENUM_NAME_OVERRIDES": {
        "TaxRateEnum": "taxhall.common.rates.TaxRate",
        "InvoiceKindEnum": "devices.choices.InvoiceKind",
        "DeviceKindEnum": "devices.choices.DeviceKind",
        "DeviceAlgorithmEnum": "devices.choices.Algorithm",
        "DeviceStatusEnum": "devices.choices.DeviceStatus",
        "ClearKindEnum": "clearcard.choices.ClearKind",
        "CaseStatusEnum": "clearcard.choices.CaseStatus",
        "ReturnStatusEnum": "filing.choices.ReturnStatus",
        "ImportStateEnum": "invoicing.choices_files.ImportState",
        "InvoiceStateEnum": "invoicing.choices.InvoiceState",
        "RedReasonEnum": "invoicing.choices.RedReason",
        "RateReasonEnum": "invoicing.choices.RateReason",
        "ExportStateEnum": "invoicing.choices_files.ExportState",
        "ImportFormatEnum": "invoicing.choices_files.FileFormat",
        "ExportFormatEnum": "invoicing.choices_files.ExportFormat",
        "ImportModeEnum": "invoicing.choices_files.ImportMode",
        "PrintModeEnum": "invoicing.choices_files.PrintMode",
        "TaxpayerKindEnum": "accounts.choices.TaxpayerKind",
        "TaxpayerStatusEnum": "accounts.choices.TaxpayerStatus",
    },
}

# For each algorithm profile of disks: what signs for the hall, and where its key is. Only the device worker
# is told where a key is; every other role has an empty value there.
FILE_SIGNER = "devices.signer.file.FileSigner"
DEVICE_SIGNERS = {
    "intl": (ENV.signer or FILE_SIGNER, ENV.signer_key_file if ENV.role == "device" else ""),
    "sm": (ENV.sm_signer or FILE_SIGNER, ENV.sm_signer_key_file if ENV.role == "device" else ""),
}
# Certificates of the CAs that issue disk certificates; a disk is enrolled only when one of them vouches for it.
DEVICE_CA_FILE = ENV.device_ca_file or str(HALL_VAR / "keys" / "device-ca.pem")
CARDHOST_CLIENT = "devices.gateway.client.SocketCardHost"
CARDHOST_SOCKET = ENV.cardhost_socket or str(HALL_VAR / "run" / "cardhost.sock")
# Drivers of disks that readers may use, in turn: taxhall, or name=module:object of a vendor (docs/drivers.md).
DISK_DRIVERS = ENV.disk_drivers
TREASURY_GATEWAY = ENV.treasury_gateway
TREASURY_URL = ENV.treasury_url
TREASURY_MERCHANT = ENV.treasury_merchant
TREASURY_KEY_FILE = ENV.treasury_key_file
TREASURY_PUBLIC_KEY_FILE = ENV.treasury_public_key_file

# What looks at uploaded files before anybody may open them.
FILE_SCANNER = ENV.file_scanner
CLAMD_ADDRESS = ENV.clamd_address

# What carries short messages; without a gateway reminders come into the inbox alone. The worker alone has its key.
SMS_GATEWAY = ENV.sms_gateway
SMS_URL = ENV.sms_url
SMS_ACCOUNT = ENV.sms_account
SMS_KEY_FILE = ENV.sms_key_file if ENV.role == "worker" else ""

# Backups of invoices are signed by the worker alone; everybody can check them.
ARCHIVE_KEY_FILE = ENV.archive_key_file if ENV.role == "worker" else ""
ARCHIVE_PUBLIC_KEY_FILE = ENV.archive_public_key_file or str(HALL_VAR / "keys" / "archive-public.pem")

# Policy bundles are signed by whoever issues them; the hall holds the public part only.
POLICY_PUBLIC_KEY_FILE = ENV.policy_public_key_file or str(HALL_VAR / "keys" / "policy-public.pem")

# How long a worker may hold a command; longer than the longest visit to a disk, or late workers are the rule.
HALL_LEASE_SECONDS = ENV.lease_seconds
# Where tests have processes of theirs die or stand still; production refuses it.
HALL_FAILPOINTS = ENV.failpoints

# Whether news of invoices may be posted to this very machine, without TLS; production refuses it.
HALL_HOOKS_LOOPBACK = ENV.hooks_loopback

LOGGING = logs.configuration(level=ENV.log_level, as_json=False)
