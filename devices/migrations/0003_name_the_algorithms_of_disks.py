"""Say in the table itself which algorithm profiles there are."""

from __future__ import annotations

from django.db import migrations, models

PROFILES = [("intl", "国际算法（ECDSA P-256、SHA-256、AES-GCM）"), ("sm", "国密算法（SM2、SM3、SM4）")]


class Migration(migrations.Migration):
    """The profile of a disk was free text before."""

    dependencies = [("devices", "0002_guard_devices_tables")]

    operations = [
        migrations.AlterField(
            model_name="device",
            name="algorithm",
            field=models.CharField(choices=PROFILES, default="intl", max_length=10, verbose_name="算法"),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("algorithm__in", ["intl", "sm"])), name="devices_device_algorithm_known"
            ),
        ),
    ]
