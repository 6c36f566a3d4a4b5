"""One worker at a time makes a backup, and one that failed says why."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Four columns; a backup that is being made is free for the next worker."""

    dependencies = [("invoicing", "0037_count_kinds_of_imports")]

    operations = [
        migrations.AddField(
            model_name="invoicebackup",
            name="lease_token",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="invoicebackup",
            name="leased_until",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="invoicebackup",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="invoicebackup",
            name="error_text",
            field=models.CharField(blank=True, default="", max_length=500, verbose_name="错误说明"),
            preserve_default=False,
        ),
    ]
