"""Production: real adapters, TLS in front, secrets from files; refuses to start otherwise.

What is missing from the environment is refused here, what does not fit together in
taxhall.common.checks, both before the first request or task.
"""

from __future__ import annotations

from taxhall.common import logs
from taxhall.settings.base import *  # noqa: F403  (a settings module extends the one below it)
from taxhall.settings.base import DEVICE_SIGNERS, ENV

ENV.require(
    secret_key="HALL_SECRET_KEY",  # noqa: S106  (the name of a variable)  # pragma: allowlist secret
    identity_key="HALL_IDENTITY_KEY",
    allowed_hosts="HALL_ALLOWED_HOSTS",
    database_url="DATABASE_URL",
    redis_url="REDIS_URL",
    signer="HALL_DEVICE_SIGNER",
    treasury_gateway="HALL_TREASURY_GATEWAY",
    file_scanner="HALL_FILE_SCANNER",
    archive_public_key_file="HALL_ARCHIVE_PUBLIC_KEY_FILE",
)

HALL_PRODUCTION = True
if not ENV.sm_signer:
    # A hall without a signer for SM2 has no disks of that profile.
    DEVICE_SIGNERS = {"intl": DEVICE_SIGNERS["intl"]}
SECRET_KEY = ENV.secret_key
ALLOWED_HOSTS = list(ENV.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENV.trusted_origins)

# The reverse proxy ends TLS and sets this header itself, whatever a client sent.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # asked by the container's own health check
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True

# __Host- makes browsers refuse the cookie unless it is Secure, for this host alone and for /.
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENV.redis_url}}

LOGGING = logs.configuration(level=ENV.log_level, as_json=True)
