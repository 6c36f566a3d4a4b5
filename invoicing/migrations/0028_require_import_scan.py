"""No import without what a scanner said of its file."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The column of the migration before, required now."""

    dependencies = [("invoicing", "0027_add_import_scan")]

    operations = [
        migrations.AlterField(
            model_name="importjob",
            name="scan",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.filescan",
                verbose_name="病毒检查",
            ),
        ),
    ]
