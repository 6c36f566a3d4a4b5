"""Every import points to what a scanner said of its file; files from before are looked at as soon as the hall runs."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def register_files(apps: Any, _schema_editor: Any) -> None:
    """Note each stored file."""
    scans, jobs = apps.get_model("accounts", "FileScan"), apps.get_model("invoicing", "ImportJob")
    for job in jobs.objects.filter(scan=None).order_by("pk").iterator():
        scan, _is_new = scans.objects.get_or_create(
            file=job.file.name,
            defaults={"sha256": job.sha256, "taxpayer_id": job.taxpayer_id, "due_at": timezone.now()},
        )
        jobs.objects.filter(pk=job.pk).update(scan=scan)


class Migration(migrations.Migration):
    """One column and its rows."""

    dependencies = [("accounts", "0005_add_file_scans"), ("invoicing", "0026_find_next_hook_delivery_by_index")]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="scan",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.filescan",
                verbose_name="病毒检查",
            ),
        ),
        migrations.RunPython(register_files, migrations.RunPython.noop),
    ]
