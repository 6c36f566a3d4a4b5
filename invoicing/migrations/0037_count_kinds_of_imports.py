"""How many invoices of each kind a checked file has."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column; a file that was checked before tells no shortage."""

    dependencies = [("invoicing", "0036_keep_reports_of_districts")]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="kind_counts",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
