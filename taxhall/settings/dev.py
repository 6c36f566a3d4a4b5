"""Development: the demo, with Django's debug pages."""

from __future__ import annotations

from taxhall.settings.demo import *  # noqa: F403  (a settings module extends the one below it)

DEBUG = True
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
