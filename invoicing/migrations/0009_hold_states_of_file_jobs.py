"""The states of file jobs change only along their tables, against raw SQL too."""

from __future__ import annotations

from django.db import migrations

from invoicing.choices_files import EXPORT_TRANSITIONS, IMPORT_TRANSITIONS
from taxhall.common import triggers


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("invoicing", "0008_add_file_jobs")]

    operations = [
        triggers.allowed_transitions("invoicing_importjob", "state", IMPORT_TRANSITIONS),
        triggers.allowed_transitions("invoicing_exportjob", "state", EXPORT_TRANSITIONS),
    ]
