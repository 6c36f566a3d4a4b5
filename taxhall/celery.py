"""The Celery application, its queues and the whole beat schedule."""

from __future__ import annotations

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taxhall.settings.demo")

app = Celery("taxhall")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Whatever talks to the card host runs on its own queue, one consumer per host.
app.conf.task_routes = {
    "devices.*": {"queue": "devices"},
    "clearcard.execute_clear": {"queue": "devices"},
    "clearcard.reconcile_case": {"queue": "devices"},
    "invoicing.issue_on_disk": {"queue": "devices"},
    "invoicing.void_on_disk": {"queue": "devices"},
    # Waits for companies' own systems, however slow: nothing of the hall waits behind it.
    "invoicing.deliver_hooks": {"queue": "hooks"},
}

app.conf.beat_schedule = {
    # Rings again for every case whose next automatic step was missed.
    "sweep-cases": {"task": "clearcard.sweep_cases", "schedule": 20.0},
    # Compares open clears and exceptions anew on the first day of a measure about a rule and on the day after its last.
    "compare-waiting": {"task": "clearcard.compare_waiting", "schedule": 5 * 60.0},
    # Resolves invoices whose answer from the disk was lost.
    "sweep-invoices": {"task": "invoicing.sweep_invoices", "schedule": 20.0},
    # Lets confirmations of red digital invoices lapse after their 72 hours.
    "sweep-confirmations": {"task": "invoicing.sweep_confirmations", "schedule": 300.0},
    # Carries on with imports and exports of invoices whose worker died or whose bell was lost.
    "sweep-files": {"task": "invoicing.sweep_files", "schedule": 20.0},
    # Has uploaded files scanned whose scanner was down, or whose verdict is older than its signatures.
    "sweep-scans": {"task": "accounts.sweep_scans", "schedule": 20.0},
    # Has news of invoices posted to companies' own systems; the trigger that writes it cannot ring.
    "sweep-hooks": {"task": "invoicing.sweep_hooks", "schedule": 5.0},
    # Removes news of invoices that is a month old.
    "purge-hooks": {"task": "invoicing.purge_hooks", "schedule": 24 * 60 * 60.0},
    # Makes backups whose bell was lost, and removes the files of old ones.
    "sweep-backups": {"task": "invoicing.sweep_backups", "schedule": 60.0},
    # Carries on with orders and acknowledgements whose disk was away or whose answer was lost.
    "sweep-commands": {"task": "devices.sweep_commands", "schedule": 20.0},
    # Makes the reports of the last month for those who subscribed; asks every hour, so that no stop is missed.
    "monthly-reports": {"task": "invoicing.make_monthly_reports", "schedule": 60 * 60.0},
    # Asks the treasury about payments without an answer.
    "sweep-payments": {"task": "filing.sweep_payments", "schedule": 60.0},
    # Changes periods on the agreed day, ends inactivity once an invoice is issued, prepares zero returns.
    "keep-filers": {"task": "filing.keep_filers", "schedule": 5 * 60.0},
    # Reminds of deadlines once a day, from the morning on; asks every minute, so that a stop is made up for.
    "send-reminders": {"task": "filing.send_reminders", "schedule": 60.0},
    # Hands short messages to the gateway; one that does not answer is left alone until the next time.
    "deliver-texts": {"task": "accounts.deliver_texts", "schedule": 20.0},
    # Rings for one-time codes whose bell was lost; who waits for one waits at a page.
    "sweep-phone-codes": {"task": "accounts.sweep_phone_codes", "schedule": 20.0},
    # Removes expired API answers, quiet sign-in counts, sessions, tokens and old short messages.
    "purge-expired": {"task": "accounts.purge_expired", "schedule": 24 * 60 * 60.0},
    # Removes files that were kept for a form and not used.
    "purge-held-files": {"task": "accounts.purge_held_files", "schedule": 5 * 60.0},
    # Removes visits to taxpayers' PCs that are a month old.
    "purge-visits": {"task": "devices.purge_visits", "schedule": 24 * 60 * 60.0},
    # Reads the disks that are plugged in, so that the page says what is on them.
    "sweep-readings": {"task": "devices.sweep_readings", "schedule": 60.0},
}


@task_prerun.connect
def drop_old_connections(**_named: Any) -> None:
    """Let go of database connections that are too old or dead before a task uses them, as Django does for requests."""
    close_old_connections()
