"""Let a filed return be corrected: the trigger that holds the moves of a return is made anew."""

from __future__ import annotations

from django.db import migrations

from filing.choices import RETURN_TRANSITIONS
from taxhall.common import triggers

_NAME = "filing_taxreturn_status_transitions"


class Migration(migrations.Migration):
    dependencies = [("filing", "0003_add_general_taxpayers")]

    operations = [
        migrations.RunSQL(
            sql=f"DROP TRIGGER {_NAME} ON filing_taxreturn; DROP FUNCTION {_NAME}();",
            reverse_sql=migrations.RunSQL.noop,
        ),
        triggers.allowed_transitions("filing_taxreturn", "status", RETURN_TRANSITIONS),
    ]
