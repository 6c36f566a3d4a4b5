"""Keep with each answered request the roles it was answered for."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_add_file_scans"),
    ]

    operations = [
        migrations.AddField(
            model_name="idempotentrequest",
            name="access",
            field=models.JSONField(default=list, verbose_name="办理时的身份和岗位"),
        ),
    ]
