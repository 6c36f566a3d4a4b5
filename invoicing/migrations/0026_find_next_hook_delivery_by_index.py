"""What waits for an endpoint is found in the order of its events, without a sort."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """An index over what waits; it stays as small as that."""

    dependencies = [("invoicing", "0025_give_doubtful_drafts_back_at_once")]

    operations = [
        migrations.AddIndex(
            model_name="hookdelivery",
            index=models.Index(
                models.F("endpoint"),
                models.F("event"),
                condition=models.Q(("state", "waiting")),
                name="invoicing_hookdelivery_next",
            ),
        ),
    ]
