"""Every paper points to what a scanner said of its file; papers from before are looked at as soon as the hall runs."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone


def register_papers(apps: Any, _schema_editor: Any) -> None:
    """Note each stored file once; papers that were taken over share it."""
    scans, materials = apps.get_model("accounts", "FileScan"), apps.get_model("clearcard", "Material")
    for paper in materials.objects.filter(scan=None).select_related("case").order_by("pk").iterator():
        scan, _is_new = scans.objects.get_or_create(
            file=paper.file.name,
            defaults={"sha256": paper.sha256, "taxpayer_id": paper.case.taxpayer_id, "due_at": timezone.now()},
        )
        materials.objects.filter(pk=paper.pk).update(scan=scan)


class Migration(migrations.Migration):
    """One column and its rows."""

    dependencies = [("accounts", "0005_add_file_scans"), ("clearcard", "0004_keep_handovers")]

    operations = [
        migrations.AddField(
            model_name="material",
            name="scan",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.filescan",
                verbose_name="病毒检查",
            ),
        ),
        migrations.RunPython(register_papers, migrations.RunPython.noop),
    ]
