"""What an officer changed of a credit stays as it was written."""

from __future__ import annotations

from django.db import migrations

from taxhall.common import triggers


class Migration(migrations.Migration):
    """A trigger; it holds against raw SQL and queryset.update() too."""

    dependencies = [("invoicing", "0014_add_digital_invoices")]

    operations = [triggers.append_only("invoicing_creditchange")]
