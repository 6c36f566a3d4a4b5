"""A verdict of its own for files that are larger than the scanner takes."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """One state more."""

    dependencies = [("accounts", "0008_hold_files_for_forms")]

    operations = [
        migrations.RemoveConstraint(model_name="filescan", name="accounts_filescan_state_known"),
        migrations.AlterField(
            model_name="filescan",
            name="state",
            field=models.CharField(
                choices=[
                    ("scanning", "病毒检查中"),
                    ("clean", "未发现病毒"),
                    ("infected", "发现病毒"),
                    ("too_large", "过大，无法检查"),
                ],
                default="scanning",
                max_length=10,
                verbose_name="病毒检查",
            ),
        ),
        migrations.AddConstraint(
            model_name="filescan",
            constraint=models.CheckConstraint(
                condition=Q(state__in=["scanning", "clean", "infected", "too_large"]),
                name="accounts_filescan_state_known",
            ),
        ),
    ]
