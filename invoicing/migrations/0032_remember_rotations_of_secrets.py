"""Remember which form changed the secret of an endpoint last."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0031_keep_bureaus_of_vehicles")]

    operations = [
        migrations.AddField(
            model_name="hookendpoint",
            name="rotation_key",
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
    ]
