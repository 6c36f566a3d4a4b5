"""Keep the bureau that a vehicle invoice was issued under."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0030_check_stored_invoices")]

    operations = [
        migrations.AddField(
            model_name="invoicevehicle",
            name="bureau",
            field=models.CharField(blank=True, max_length=120, verbose_name="主管税务机关及代码"),
        ),
    ]
