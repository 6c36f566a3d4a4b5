"""What the first of two officers wrote is kept with the case until the second has decided."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("clearcard", "0002_guard_clearcard_tables")]

    operations = [
        migrations.AddField(
            model_name="clearcardcase",
            name="first_opinion",
            field=models.TextField(blank=True, verbose_name="初审意见"),
        ),
    ]
