"""The vehicle of an invoice is frozen with its lines, by the same function."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """A trigger; it holds against raw SQL and queryset.update() too."""

    dependencies = [("invoicing", "0019_add_vehicles")]

    operations = [
        migrations.RunSQL(
            sql=(
                "CREATE TRIGGER invoicing_invoicevehicle_frozen BEFORE INSERT OR UPDATE OR DELETE"
                " ON invoicing_invoicevehicle FOR EACH ROW EXECUTE FUNCTION invoicing_invoiceline_frozen();"
            ),
            reverse_sql="DROP TRIGGER invoicing_invoicevehicle_frozen ON invoicing_invoicevehicle;",
        )
    ]
