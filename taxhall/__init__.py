"""The composition root of the hall; exposes the Celery application and nothing else."""

from __future__ import annotations

from taxhall.celery import app as celery_app

__all__ = ["celery_app"]
